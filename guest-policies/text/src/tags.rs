//! Elements of a tagged text: `<think>I must ask.</think><search>Anna: the river</search>`.

/// An element of a tagged text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element<'a> {
    /// The name of its tags.
    pub name: &'a str,
    /// The text between them, without the spaces around it.
    pub text: &'a str,
}

/// A tag in a text.
struct Tag<'a> {
    name: &'a str,
    closes: bool,
    start: usize,
    end: usize,
}

/// Returns the elements of a text that begins and ends with a tag, in order. Other text may stand
/// between them. None if tags are not balanced or within one another, or if there are none.
#[must_use]
pub fn elements(text: &str) -> Option<Vec<Element<'_>>> {
    let text = text.trim();
    let (mut elements, mut at) = (Vec::new(), 0);
    while let Some(open) = next(text, at) {
        let close = next(text, open.end)?;
        let is_first = elements.is_empty();
        if open.closes || !close.closes || close.name != open.name || is_first && open.start > 0 {
            return None;
        }
        elements.push(Element {
            name: open.name,
            text: text[open.end..close.start].trim(),
        });
        at = close.end;
    }
    (at == text.len() && !elements.is_empty()).then_some(elements)
}

/// Returns the first tag from a byte on: `<name>` or `</name>`, the name in letters, `_` and `-`.
fn next(text: &str, from: usize) -> Option<Tag<'_>> {
    let mut places = text[from..].match_indices('<');
    places.find_map(|(place, _)| {
        let start = from + place;
        let inner = &text[start + 1..];
        let inner = &inner[..inner.find('>')?];
        let name = inner.strip_prefix('/').unwrap_or(inner);
        let is_name = |letter: char| letter.is_alphabetic() || letter == '_' || letter == '-';
        (!name.is_empty() && name.chars().all(is_name)).then(|| Tag {
            name,
            closes: name.len() < inner.len(),
            start,
            end: start + inner.len() + 2,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Vec<(&str, &str)>> {
        let found = elements(text)?;
        Some(found.iter().map(|it| (it.name, it.text)).collect())
    }

    #[test]
    fn elements_are_read_in_order_with_other_text_between_them() {
        assert_eq!(
            read(" <think>\na < b > c </think>\nso <search>ü: x</search> "),
            Some(vec![("think", "a < b > c"), ("search", "ü: x")])
        );
        assert_eq!(
            read("<b></b><a-b>x</a-b>"),
            Some(vec![("b", ""), ("a-b", "x")])
        );
    }

    #[test]
    fn what_is_not_balanced_or_does_not_begin_and_end_with_a_tag_is_not_read() {
        for text in [
            "",
            "none",
            "x <a>y</a>",
            "<a>y</a> x",
            "<a>y",
            "<a>y</b>",
            "</a>",
            "<a>x <b>y</b></a>",
            "<a>x</a></a>",
            "<a>x<a>y</a>",
            "<a>y</a",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
