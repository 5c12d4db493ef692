//! Thoughts in a model's reply, which are no part of what it says.

/// Tags that open and close a thought, in lower case.
const TAGS: [(&str, &str); 3] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("[think]", "[/think]"),
];

/// Returns what a reply says: the text after its last thought, all of it where
/// there is no thought. None where a thought is opened and not closed.
///
/// An end without a beginning closes a thought that the prompt opened.
#[must_use]
pub fn spoken(reply: &str) -> Option<&str> {
    let lower = reply.to_ascii_lowercase();
    let ends = TAGS.iter().filter_map(|(_, close)| {
        let at = lower.rfind(close)?;
        Some(at + close.len())
    });
    let end = ends.max();
    let rest = &lower[end.unwrap_or(0)..];
    if TAGS.iter().any(|(open, _)| rest.contains(open)) {
        return None;
    }
    Some(end.map_or(reply, |end| reply[end..].trim_start()))
}

/// Returns the tag of a thought that a prompt opens at its very end, for the
/// reply to begin in.
#[must_use]
pub fn left_open(prompt: &str) -> Option<&'static str> {
    let lower = prompt.trim_end().to_ascii_lowercase();
    let open = TAGS.iter().map(|(open, _)| *open);
    open.into_iter().find(|open| lower.ends_with(open))
}

/// Returns whether a text is a tag that opens or closes a thought.
#[must_use]
pub fn is_tag(text: &str) -> bool {
    let mut tags = TAGS.iter().flat_map(|(open, close)| [open, close]);
    tags.any(|tag| text.eq_ignore_ascii_case(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_without_thoughts_is_said_as_it_is() {
        for reply in ["", " {\"facts\": []}\n", "I think <b>so</b>."] {
            assert_eq!(spoken(reply), Some(reply));
        }
    }

    #[test]
    fn what_comes_after_the_last_thought_is_said() {
        for (reply, said) in [
            ("<think>Rome?</think>Oslo", "Oslo"),
            ("<think>\n\n</think>\n\nOslo\n", "Oslo\n"),
            ("<think>a</think>Rome<think>b</think> Oslo", "Oslo"),
            ("Rome <think>no</think> Oslo", "Oslo"),
            ("<think>a <think>b</think> c</think>Oslo", "Oslo"),
            ("<THINK>Rome</Think>Oslo", "Oslo"),
            ("<thinking>Rome</thinking>Oslo", "Oslo"),
            ("[THINK]Rome[/THINK]Oslo", "Oslo"),
            ("<think>罗马吗？</think>奥斯陆", "奥斯陆"),
        ] {
            assert_eq!(spoken(reply), Some(said), "{reply}");
        }
    }

    #[test]
    fn an_end_without_a_beginning_ends_a_thought() {
        assert_eq!(spoken("Rome? No.\n</think>\n\nOslo"), Some("Oslo"));
    }

    #[test]
    fn a_reply_of_thoughts_alone_says_nothing() {
        assert_eq!(spoken("<think>Oslo</think>"), Some(""));
        assert_eq!(spoken("Oslo</think>\n"), Some(""));
    }

    #[test]
    fn a_thought_that_is_not_closed_says_nothing_that_can_be_read() {
        for reply in [
            "<think>Oslo",
            "<think>a</think>Rome<think>Oslo",
            "Rome <think>",
            "Rome</think>Oslo <Thinking>",
        ] {
            assert_eq!(spoken(reply), None, "{reply}");
        }
    }

    #[test]
    fn a_prompt_opens_a_thought_only_at_its_end() {
        assert_eq!(left_open("<|assistant|><think>\n"), Some("<think>"));
        assert_eq!(left_open("<think>\n\n</think>\n\n"), None);
        assert_eq!(left_open("What does <think> mean?"), None);
        assert_eq!(left_open(""), None);
    }

    #[test]
    fn tags_are_told_from_other_words() {
        assert!(is_tag("<think>") && is_tag("</THINK>"));
        assert!(!is_tag("think") && !is_tag("<tool_call>"));
    }
}
