//! The table of a run file: with the files that it extends, and with `--set`.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use toml::{Table, Value};

/// Most run files that extend one another in a chain.
const MOST_EXTENSIONS: u32 = 8;

/// Keys that were renamed, with their new names. The first that fits counts.
const RENAMED: [(&str, &str); 4] = [
    ("logo.algorithm", "algorithm.name"),
    ("logo", "algorithm"),
    ("outside.rollouts", "servers.sampler"),
    ("outside", "servers"),
];

/// Reads the table of a run file with the files that it extends.
///
/// # Errors
/// Fails if a file cannot be read, is not TOML, or has a key that was renamed.
pub fn read(path: &Path) -> Result<Table> {
    extended(path, 0)
}

/// Applies `key=value` settings to a table.
pub(super) fn apply(table: &mut Table, settings: &[String]) -> Result<()> {
    for setting in settings {
        set(table, setting).with_context(|| format!("--set {setting}"))?;
    }
    Ok(())
}

/// Reads the table of a run file with the files that it extends.
fn extended(path: &Path, depth: u32) -> Result<Table> {
    ensure!(
        depth <= MOST_EXTENSIONS,
        "{}: more than {MOST_EXTENSIONS} run files extend one another: do they extend each other?",
        path.display()
    );
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the run file {}", path.display()))?;
    let mut table: Table = text
        .parse()
        .with_context(|| format!("{} is not TOML", path.display()))?;
    for (key, value) in &table {
        refuse_renamed(key, value).with_context(|| path.display().to_string())?;
    }
    let unset = table.remove("unset");
    let Some(base) = table.remove("extends") else {
        ensure!(
            unset.is_none(),
            "{}: unset is for a file that extends another",
            path.display()
        );
        return Ok(table);
    };
    let Value::String(base) = base else {
        bail!("{}: extends must be the path of a run file", path.display());
    };
    let base = path.parent().unwrap_or(Path::new("")).join(base);
    let mut all = extended(&base, depth + 1)
        .with_context(|| format!("{} extends {}", path.display(), base.display()))?;
    if let Some(unset) = unset {
        remove_all(&mut all, &unset).with_context(|| path.display().to_string())?;
    }
    merge(&mut all, table);
    Ok(all)
}

/// Removes the dotted keys of a list.
fn remove_all(table: &mut Table, keys: &Value) -> Result<()> {
    let list = keys.as_array().and_then(|keys| {
        let keys = keys.iter().map(Value::as_str);
        keys.collect::<Option<Vec<&str>>>()
    });
    let list = list.context("unset must be a list of keys, as in [\"algorithm.kl\"]")?;
    for key in list {
        let (sections, name) = key
            .rsplit_once('.')
            .map_or(("", key), |(s, name)| (s, name));
        let mut place = Some(&mut *table);
        for section in sections.split('.').filter(|section| !section.is_empty()) {
            place = place.and_then(|place| place.get_mut(section)?.as_table_mut());
        }
        let removed = place.and_then(|place| place.remove(name));
        ensure!(
            removed.is_some(),
            "unset names {key}, which the extended file does not set"
        );
    }
    Ok(())
}

/// Refuses keys and names that were renamed, in `key` and below it.
fn refuse_renamed(key: &str, value: &Value) -> Result<()> {
    if let Value::Table(table) = value
        && !table.is_empty()
    {
        let mut keys = table.iter();
        return keys.try_for_each(|(name, value)| refuse_renamed(&format!("{key}.{name}"), value));
    }
    for (old, new) in RENAMED {
        let Some(rest) = key.strip_prefix(old) else {
            continue;
        };
        ensure!(
            !rest.is_empty() && !rest.starts_with('.'),
            "{key} was renamed: use {new}{rest}"
        );
    }
    ensure!(
        key != "algorithm.name" || value.as_str() != Some("group-in-group"),
        "the algorithm \"group-in-group\" was renamed: use \"gigpo\""
    );
    Ok(())
}

/// Merges `over` into `under`, section by section.
pub fn merge(under: &mut Table, over: Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(Value::Table(under)), Value::Table(over)) => merge(under, over),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}

/// Sets `a.b.0.c=value`. A value that is not TOML is a string.
fn set(table: &mut Table, setting: &str) -> Result<()> {
    let Some((key, text)) = setting.split_once('=') else {
        bail!("expected key=value, for instance algorithm.rollouts=4");
    };
    let value = format!("value = {text}")
        .parse::<Table>()
        .ok()
        .and_then(|mut parsed| parsed.remove("value"))
        .unwrap_or_else(|| Value::String(text.into()));
    refuse_renamed(key, &value)?;
    let mut place = table;
    let mut parts = key.split('.').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            place.insert(part.into(), value);
            return Ok(());
        }
        let mut next = place
            .entry(part)
            .or_insert_with(|| Value::Table(Table::new()));
        if let Value::Array(items) = next {
            let count = items.len();
            let index: usize = parts
                .next()
                .and_then(|index| index.parse().ok())
                .with_context(|| format!("{part} is a list; name an index"))?;
            next = items
                .get_mut(index)
                .with_context(|| format!("{part} has {count} items, none at {index}"))?;
        }
        place = next
            .as_table_mut()
            .with_context(|| format!("{part} is a value, not a section"))?;
    }
    bail!("the key is empty")
}
