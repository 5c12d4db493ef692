//! A Jinja environment set up as in `transformers`.

mod date;
mod methods;
mod percent;
mod source;

use anyhow::{Result, bail};
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind};

use crate::tokenizer::tojson::tojson;

/// A template's rejection of a chat, by `raise_exception`.
#[derive(Debug, thiserror::Error)]
#[error("raised by the template")]
pub(super) struct Raised;

/// Compiles a template. Errors call it `name`.
pub(super) fn environment(name: &str, template: &str) -> Result<Environment<'static>> {
    let mut environment = Environment::new();
    // Text is never escaped, whatever the file's extension.
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    let mut syntax = SyntaxConfig::builder();
    let syntax = syntax.trim_blocks(true).lstrip_blocks(true).build()?;
    environment.set_syntax(syntax.clone());
    environment.set_unknown_method_callback(methods::call);
    environment.add_filter("tojson", tojson);
    environment.add_function(percent::NAME, percent::percent);
    environment.add_function("strftime_now", date::strftime_now);
    environment.add_function("raise_exception", |why: String| -> Result<String, Error> {
        Err(Error::new(ErrorKind::InvalidOperation, why).with_source(Raised))
    });
    let template = source::adapt(template, &syntax);
    if let Err(error) = environment.add_template_owned(name.to_owned(), template) {
        bail!("invalid Jinja chat template: {error:#}");
    }
    Ok(environment)
}

#[cfg(test)]
mod tests;
