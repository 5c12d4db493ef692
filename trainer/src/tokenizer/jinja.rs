//! Jinja as `transformers` sets it up for chat templates.

mod source;

use anyhow::{Result, bail};
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind};

use super::tojson::tojson;

/// Compiles a template, which messages call `name`.
pub(super) fn environment(name: &str, template: &str) -> Result<Environment<'static>> {
    let mut environment = Environment::new();
    // Whatever the file is called, nothing that is said is escaped.
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    let mut syntax = SyntaxConfig::builder();
    let syntax = syntax.trim_blocks(true).lstrip_blocks(true).build()?;
    environment.set_syntax(syntax.clone());
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_filter("tojson", tojson);
    // Without `strftime_now`, which changes from day to day: templates that ask for the
    // date fall back to theirs.
    environment.add_function("raise_exception", |why: String| -> Result<String, Error> {
        Err(Error::new(ErrorKind::InvalidOperation, why))
    });
    let template = source::adapt(template, &syntax);
    if let Err(error) = environment.add_template_owned(name.to_owned(), template) {
        bail!("the chat template is no Jinja template: {error:#}");
    }
    Ok(environment)
}

#[cfg(test)]
mod tests;
