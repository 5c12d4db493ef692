//! The structs and enums of the trainer's crates, read from their source.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Fields, GenericArgument, Item, Lit, Meta, PathArguments, Token, Type};

const CRATES: [&str; 3] = ["trainer/src", "trainer/algorithm/src", "trainer/engine/src"];

/// The runtime's limits, which a run file may set.
const LIMITS: &str = "runtime/src/limits.rs";

/// All types, by name.
pub struct Source(BTreeMap<String, Vec<Found>>);

struct Found {
    file: PathBuf,
    item: Item,
}

/// A struct that serde reads or writes.
pub struct Record {
    pub doc: String,
    pub keys: Vec<Key>,
}

/// A field of a [`Record`].
pub struct Key {
    pub name: String,
    pub doc: String,
    pub kind: Kind,
    /// Readers accept a file without the key.
    pub optional: bool,
    /// Writers may leave the key out.
    pub omitted: bool,
    /// The keys of the field's type appear in the place of the key.
    pub flatten: bool,
}

/// The type of a key.
pub enum Kind {
    /// A type that TOML and JSON have.
    Plain(&'static str),
    /// One of these strings, each with its doc.
    Choice(Vec<(String, String)>),
    /// A struct.
    Record(String),
    List(Box<Kind>),
    /// A table whose keys are free.
    Map(Box<Kind>),
}

impl Source {
    pub fn read(workspace: &Path) -> Self {
        let mut source = Self(BTreeMap::new());
        for folder in CRATES {
            source.read_folder(&workspace.join(folder));
        }
        source.read_file(&workspace.join(LIMITS));
        source
    }

    fn read_folder(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).expect("a folder of source") {
            let path = entry.expect("a file of source").path();
            if path.is_dir() {
                self.read_folder(&path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                self.read_file(&path);
            }
        }
    }

    fn read_file(&mut self, path: &Path) {
        let text = std::fs::read_to_string(path).expect("source is readable");
        let parsed = syn::parse_file(&text);
        let parsed = parsed.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for item in parsed.items {
            let name = match &item {
                Item::Struct(found) => found.ident.to_string(),
                Item::Enum(found) => found.ident.to_string(),
                Item::Type(found) => found.ident.to_string(),
                _ => continue,
            };
            let file = path.to_owned();
            self.0.entry(name).or_default().push(Found { file, item });
        }
    }

    /// Returns the type of this name that serde reads or writes.
    fn find(&self, name: &str) -> Option<&Found> {
        let found = self.0.get(name)?.iter().filter(|found| match &found.item {
            Item::Struct(item) => derives_serde(&item.attrs),
            Item::Enum(item) => derives_serde(&item.attrs),
            _ => true,
        });
        let found: Vec<&Found> = found.collect();
        match found[..] {
            [] => None,
            [one] => Some(one),
            _ => panic!(
                "several types are named {name}: {:?}",
                found.iter().map(|found| &found.file).collect::<Vec<_>>()
            ),
        }
    }

    /// Returns the struct of this name with its keys.
    pub fn record(&self, name: &str) -> Record {
        let found = self.find(name);
        let Some(Item::Struct(item)) = found.map(|found| &found.item) else {
            panic!("no struct {name} that serde reads or writes: what is its new name?");
        };
        let Fields::Named(fields) = &item.fields else {
            panic!("{name} has no named fields");
        };
        let defaults = serde_words(&item.attrs)
            .iter()
            .any(|(word, _)| word == "default");
        let keys = fields.named.iter().map(|field| {
            let words = serde_words(&field.attrs);
            let is = |wanted: &str| words.iter().any(|(word, _)| word == wanted);
            let renamed = words.iter().find(|(word, _)| word == "rename");
            let ident = field.ident.as_ref().expect("a named field").to_string();
            let key = renamed
                .and_then(|(_, value)| value.clone())
                .unwrap_or(ident);
            let doc = doc(&field.attrs);
            assert!(!doc.is_empty(), "{name}.{key} has no doc comment");
            Key {
                kind: self.kind(&field.ty),
                optional: defaults || is("default") || inside(&field.ty, "Option").is_some(),
                omitted: is("skip_serializing_if"),
                flatten: is("flatten"),
                name: key,
                doc,
            }
        });
        Record {
            doc: doc(&item.attrs),
            keys: keys.collect(),
        }
    }

    fn kind(&self, ty: &Type) -> Kind {
        if let Type::Reference(reference) = ty {
            return self.kind(&reference.elem);
        }
        for wrapper in ["Option", "Arc", "Box"] {
            if let Some(arguments) = inside(ty, wrapper) {
                return self.kind(arguments[0]);
            }
        }
        if let Some(arguments) = inside(ty, "Vec") {
            return Kind::List(Box::new(self.kind(arguments[0])));
        }
        if let Some(arguments) = inside(ty, "BTreeMap") {
            return Kind::Map(Box::new(self.kind(arguments[1])));
        }
        let name = last_segment(ty).expect("a named type");
        match &*name {
            "bool" => Kind::Plain("boolean"),
            "u32" | "u64" | "usize" => Kind::Plain("integer"),
            "f32" | "f64" => Kind::Plain("number"),
            "str" | "String" => Kind::Plain("string"),
            "PathBuf" => Kind::Plain("path"),
            "Table" => Kind::Plain("table"),
            _ => self.named(&name),
        }
    }

    fn named(&self, name: &str) -> Kind {
        let found = self.find(name);
        let found = found.unwrap_or_else(|| panic!("no type {name} that serde reads or writes"));
        match &found.item {
            Item::Type(alias) => self.kind(&alias.ty),
            Item::Struct(item) if through_string(&item.attrs) => Kind::Plain("string"),
            Item::Struct(item) => match &item.fields {
                // Written as the value inside.
                Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                    self.kind(&fields.unnamed[0].ty)
                }
                _ => Kind::Record(name.to_owned()),
            },
            Item::Enum(item) if through_string(&item.attrs) => Kind::Plain("string"),
            Item::Enum(item) => {
                let case = serde_words(&item.attrs)
                    .into_iter()
                    .find_map(|(word, value)| value.filter(|_| word == "rename_all"));
                let variants = item.variants.iter().map(|variant| {
                    let renamed = serde_words(&variant.attrs)
                        .into_iter()
                        .find_map(|(word, value)| value.filter(|_| word == "rename"));
                    let name = variant.ident.to_string();
                    let name = renamed.unwrap_or_else(|| match case.as_deref() {
                        Some("kebab-case") => separated(&name, '-'),
                        Some("snake_case") => separated(&name, '_'),
                        Some("lowercase") => name.to_lowercase(),
                        other => panic!("{}: rename_all = {other:?}", item.ident),
                    });
                    (name, doc(&variant.attrs))
                });
                Kind::Choice(variants.collect())
            }
            _ => unreachable!("only structs, enums and aliases are kept"),
        }
    }
}

/// Returns the generic arguments of a type whose last segment is `wrapper`.
fn inside<'a>(ty: &'a Type, wrapper: &str) -> Option<Vec<&'a Type>> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    (last.ident == wrapper).then(|| types.collect())
}

fn last_segment(ty: &Type) -> Option<String> {
    let Type::Path(path) = ty else { return None };
    Some(path.path.segments.last()?.ident.to_string())
}

fn derives_serde(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let Meta::List(list) = &attribute.meta else {
            return false;
        };
        let words = list.tokens.to_string();
        list.path.is_ident("derive")
            && (words.contains("Serialize") || words.contains("Deserialize"))
    })
}

/// Returns true if serde goes through a string.
fn through_string(attributes: &[Attribute]) -> bool {
    serde_words(attributes)
        .iter()
        .any(|(word, _)| ["from", "try_from", "into"].contains(&&**word))
}

/// Returns the words of `#[serde(...)]`, with their values.
fn serde_words(attributes: &[Attribute]) -> Vec<(String, Option<String>)> {
    let mut words = Vec::new();
    for attribute in attributes {
        if !attribute.path().is_ident("serde") {
            continue;
        }
        let metas = attribute
            .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            .expect("serde's attributes are a list");
        for meta in metas {
            let value = match &meta {
                Meta::NameValue(pair) => text_of(&pair.value),
                _ => None,
            };
            let word = meta.path().get_ident().map(ToString::to_string);
            words.push((word.unwrap_or_default(), value));
        }
    }
    words
}

fn text_of(value: &Expr) -> Option<String> {
    let Expr::Lit(literal) = value else {
        return None;
    };
    let Lit::Str(text) = &literal.lit else {
        return None;
    };
    Some(text.value())
}

/// Returns a doc comment as Markdown. Links to items become plain code.
fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident("doc") => text_of(&pair.value),
            _ => None,
        });
    let mut code = false;
    let mut kept: Vec<String> = Vec::new();
    for line in lines {
        let line = line.trim();
        let fence = line.starts_with("```");
        // The book has no examples in Rust and no links into the library.
        if !(code || fence || line.starts_with("[`") && line.contains("`]: ")) {
            kept.push(line.to_owned());
        }
        code ^= fence;
    }
    let text = kept.join("\n").replace("(crate::Sandbox)", "");
    text.trim().replace("[`", "`").replace("`]", "`")
}

/// Returns a name in camel case as lower-case words with separators.
fn separated(name: &str, separator: char) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(separator);
        }
        words.extend(letter.to_lowercase());
    }
    words
}
