//! HTML that reports share: escaping, the frame of a page, its sections, column heads.

use std::fmt::Write;

use crate::report::run_folder::Run;

/// Escapes text for HTML, also inside attributes.
pub fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(letter),
        }
    }
    html
}

/// Returns the heads of table columns, one per run.
pub fn run_heads(runs: &[Run]) -> String {
    let names = runs.iter().enumerate().map(|(index, run)| {
        let key = swatch(runs, index);
        format!("<th>{key}{}</th>", escape(&run.name))
    });
    names.collect()
}

/// Returns a run's colour mark; empty if the page shows one run.
fn swatch(runs: &[Run], index: usize) -> String {
    match runs.len() {
        1 => String::new(),
        _ => format!("<i class=\"swatch c{index}\"></i>"),
    }
}

/// Returns a whole page around `body`. `title` is HTML already.
pub fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>memloom: {title}</title><style>\n{}</style></head><body>\n<header><h1>memloom <span>{title}</span></h1></header>\n<main>\n{body}</main></body></html>\n",
        include_str!("style.css")
    )
}

/// Adds a section with a heading, unless its body is empty.
pub fn section(page: &mut String, title: &str, note: &str, body: &str) {
    if body.is_empty() {
        return;
    }
    let _ = write!(page, "<section><h2>{}</h2>", escape(title));
    if !note.is_empty() {
        let _ = write!(page, "<p>{}</p>", escape(note));
    }
    let _ = writeln!(page, "\n{body}</section>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(
            escape("<b a='1'>\"R&D\"</b>"),
            "&lt;b a=&#39;1&#39;&gt;&quot;R&amp;D&quot;&lt;/b&gt;"
        );
    }
}
