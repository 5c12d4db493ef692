//! The choice of an action: how actions are listed, and how a model's output is read.

use super::{Form, Rules};
use crate::text::{apart, first_words, same_but_case};
use crate::thoughts::spoken;

/// The most actions that are listed at once: the number of control words `a1`, `a2`, ….
pub const MAX_SHOWN: usize = 64;

/// The control word for the next actions, where there are more than [`MAX_SHOWN`].
pub const MORE: &str = "more";

/// The label of the line with the action in a text.
const LABEL: &str = "action:";

/// Returns the control words of grammars and prompts of choices: `a1` to `a64`, and `more`.
pub fn control_words() -> Vec<String> {
    let numbered = (1..=MAX_SHOWN).map(|number| format!("a{number}"));
    numbered.chain([MORE.into()]).collect()
}

/// Returns what follows a label, for instance `action:`, in the last line that begins with it,
/// outside of thoughts. None if there is no such line, or nothing follows.
pub fn labelled<'a>(output: &'a str, label: &str) -> Option<&'a str> {
    let mut lines = spoken(output)?.lines().rev().map(str::trim);
    let line = lines.find(|line| {
        let head = line.get(..label.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(label))
    })?;
    let rest = line[label.len()..].trim();
    (!rest.is_empty()).then_some(rest)
}

/// A model's choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// An action.
    Act(String),
    /// The next page of actions.
    More,
}

/// A page of the actions that may be taken.
pub struct Page<'a> {
    /// All actions; empty where any text is one.
    all: &'a [String],
    /// The place of the first action that is shown.
    first: usize,
    form: Form,
    numbered: bool,
}

impl<'a> Page<'a> {
    /// Returns a page, counted from 0, of all actions.
    pub fn new(all: &'a [String], page: usize, rules: &Rules) -> Self {
        let form = if all.is_empty() {
            Form::Text
        } else {
            rules.form
        };
        Self {
            all,
            first: page * MAX_SHOWN,
            form,
            numbered: rules.numbered || form == Form::Text,
        }
    }

    /// Returns the actions that are numbered; none where they are said in their own words.
    fn shown(&self) -> &'a [String] {
        let end = match self.numbered {
            true => self.all.len().min(self.first + MAX_SHOWN),
            false => self.first,
        };
        self.all.get(self.first..end).unwrap_or_default()
    }

    fn has_more(&self) -> bool {
        self.numbered && self.first + MAX_SHOWN < self.all.len()
    }

    /// Returns the lines of a prompt, one an action. A control word comes after its action, since
    /// a small model has read the action there.
    pub fn lines(&self) -> String {
        let label = |(number, action): (usize, &String)| {
            let action = first_words(action, usize::MAX);
            match self.form {
                Form::Words => format!("{action} a{number}"),
                Form::Text => format!("a{number}: {action}"),
            }
        };
        let more = match self.form {
            Form::Words => MORE.to_string(),
            Form::Text => format!("{MORE}: show other actions"),
        };
        let lines = (1..).zip(self.shown()).map(label);
        let lines = lines.chain(self.has_more().then_some(more));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Returns the grammar of an output, `(a1 | a2 | more)` or `(look | go north)`; none for text.
    pub fn grammar(&self) -> Option<String> {
        let words: Vec<String> = match self.form {
            Form::Text => return None,
            Form::Words if !self.numbered => self.all.iter().map(|it| apart(it)).collect(),
            Form::Words => {
                let numbered = (1..=self.shown().len()).map(|number| format!("a{number}"));
                numbered
                    .chain(self.has_more().then(|| MORE.into()))
                    .collect()
            }
        };
        Some(format!("({})", words.join(" | ")))
    }

    /// Returns the most words of an output under the grammar; 0 for text.
    pub fn most_words(&self) -> u32 {
        let words = self.all.iter();
        let words = words.map(|it| apart(it).split_whitespace().count() as u32);
        match self.form {
            Form::Text => 0,
            Form::Words if self.numbered => 1,
            Form::Words => words.max().unwrap_or(0),
        }
    }

    /// Returns the output that takes an action, or leads to its page; none if it is not listed,
    /// or was on an earlier page.
    pub fn output(&self, action: &str) -> Option<String> {
        if self.form == Form::Text {
            let action = first_words(action, usize::MAX);
            return (!action.is_empty()).then(|| format!("{LABEL} {action}"));
        }
        let place = self.all.iter().position(|listed| listed == action)?;
        if !self.numbered {
            return Some(apart(action));
        }
        let shown = place.checked_sub(self.first)?;
        Some(match shown {
            MAX_SHOWN.. => MORE.into(),
            _ => format!("a{}", shown + 1),
        })
    }

    /// Reads an output; none if it is malformed.
    pub fn parse(&self, output: &str) -> Option<Choice> {
        match self.form {
            Form::Words if self.numbered => self.named(spoken(output)?.trim()),
            Form::Words => self.said(spoken(output)?),
            Form::Text => self.written(labelled(output, LABEL)?),
        }
    }

    /// Reads the action of a text: a listed one, on whichever page, or what names it.
    fn written(&self, action: &str) -> Option<Choice> {
        if self.all.is_empty() {
            return Some(Choice::Act(action.into()));
        }
        self.listed(action).or_else(|| self.named(action))
    }

    /// Reads the words of a listed action, on whichever page.
    fn listed(&self, action: &str) -> Option<Choice> {
        let squeezed = first_words(action, usize::MAX);
        let same = |listed: &&String| same_but_case(&first_words(listed, usize::MAX), &squeezed);
        self.all.iter().find(same).cloned().map(Choice::Act)
    }

    /// Reads the words and punctuation of a listed action.
    fn said(&self, output: &str) -> Option<Choice> {
        let output = apart(output);
        let same = |listed: &&String| same_but_case(&apart(listed), &output);
        self.all.iter().find(same).cloned().map(Choice::Act)
    }

    /// Reads a control word.
    fn named(&self, word: &str) -> Option<Choice> {
        if word == MORE {
            return self.has_more().then_some(Choice::More);
        }
        let number: usize = word.strip_prefix('a')?.parse().ok()?;
        let listed = self.shown().get(number.checked_sub(1)?)?;
        // "a07" and "a+7" parse too, but are no control words.
        (format!("a{number}") == word).then(|| Choice::Act(listed.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actions(count: usize) -> Vec<String> {
        (1..=count)
            .map(|number| format!("take key {number}"))
            .collect()
    }

    fn words(all: &[String], page: usize) -> Page<'_> {
        let form = Form::Words;
        Page::new(
            all,
            page,
            &Rules {
                form,
                ..Rules::default()
            },
        )
    }

    fn text(all: &[String], page: usize) -> Page<'_> {
        Page::new(all, page, &Rules::default())
    }

    fn own_words(all: &[String]) -> Page<'_> {
        let form = Form::Words;
        let numbered = false;
        Page::new(
            all,
            0,
            &Rules {
                form,
                numbered,
                ..Rules::default()
            },
        )
    }

    fn act(action: &str) -> Option<Choice> {
        Some(Choice::Act(action.into()))
    }

    #[test]
    fn actions_are_numbered_and_the_grammar_has_their_numbers() {
        let all = actions(2);
        let page = words(&all, 0);
        assert_eq!(page.lines(), "take key 1 a1\ntake key 2 a2");
        assert_eq!(page.grammar().as_deref(), Some("(a1 | a2)"));
        let page = text(&all, 0);
        assert_eq!(page.lines(), "a1: take key 1\na2: take key 2");
        assert_eq!(page.grammar(), None);
    }

    #[test]
    fn actions_in_their_own_words_are_not_listed() {
        let all = actions(70);
        let page = own_words(&all[..2]);
        assert_eq!(page.lines(), "");
        assert_eq!(page.grammar().as_deref(), Some("(take key 1 | take key 2)"));
        assert_eq!(page.most_words(), 3);
        let page = own_words(&all);
        assert_eq!(page.output("take key 70").as_deref(), Some("take key 70"));
        assert_eq!(page.output("take key 71"), None);
        assert_eq!(page.parse(" take  key 70"), act("take key 70"));
        for wrong in ["", "a1", "more", "take key", "action: take key 1"] {
            assert_eq!(page.parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn punctuation_is_said_apart() {
        let all = ["pay.send to=a-b", "pay.send to=a_b", "look"].map(String::from);
        let page = own_words(&all);
        assert_eq!(
            page.grammar().as_deref(),
            Some("(pay . send to = a - b | pay . send to = a_b | look)")
        );
        assert_eq!(page.most_words(), 8);
        for (action, said) in all
            .iter()
            .zip(["pay . send to = a - b", "pay . send to = a_b"])
        {
            assert_eq!(page.output(action).as_deref(), Some(said));
            assert_eq!(page.parse(said), act(action));
            assert_eq!(page.parse(action), act(action));
        }
        assert_eq!(page.parse("pay . send to = a"), None);
    }

    #[test]
    fn more_actions_than_control_words_are_on_several_pages() {
        let all = actions(130);
        let pages = [0, 1, 2].map(|page| words(&all, page));
        assert!(pages[0].lines().ends_with("take key 64 a64\nmore"));
        assert!(pages[1].lines().starts_with("take key 65 a1\n"));
        assert_eq!(pages[2].grammar().as_deref(), Some("(a1 | a2)"));
        assert_eq!(pages[0].parse("more"), Some(Choice::More));
        assert_eq!(pages[1].parse("a2"), act("take key 66"));
        assert_eq!(pages[2].parse("more"), None);
        let outputs = pages.each_ref().map(|page| page.output("take key 130"));
        assert_eq!(
            outputs.map(Option::unwrap_or_default),
            ["more", "more", "a2"]
        );
        assert_eq!(pages[1].output("take key 1"), None);
        let known = control_words();
        for page in &pages {
            let grammar = page.grammar().unwrap_or_default();
            let mut words = grammar
                .split(['(', ')', '|', ' '])
                .filter(|word| !word.is_empty());
            assert!(words.all(|word| known.iter().any(|known| known == word)));
        }
    }

    #[test]
    fn only_one_word_of_the_grammar_is_a_choice() {
        let all = actions(3);
        let page = words(&all, 0);
        assert_eq!(page.parse(" a3\n"), act("take key 3"));
        assert_eq!(page.parse("<think>a1</think>a2"), act("take key 2"));
        let wrong = [
            "",
            "a0",
            "a4",
            "a03",
            "a+1",
            "A1",
            "a1 a2",
            "take key 1",
            "more",
            "<think>a1",
            "a99999999999999999999",
            "action: a1",
        ];
        for output in wrong {
            assert_eq!(page.parse(output), None, "{output:?}");
        }
    }

    #[test]
    fn the_last_labelled_line_of_a_text_counts() {
        let all = actions(70);
        let page = text(&all, 0);
        for (output, choice) in [
            ("I need it.\naction: take key 2", act("take key 2")),
            (
                "action: take key 1\nNo.\n  ACTION:  Take  KEY 70 \nDone.",
                act("take key 70"),
            ),
            ("action: a3", act("take key 3")),
            ("action: more", Some(Choice::More)),
            ("<think>action: a3</think>\naction: a1", act("take key 1")),
            ("action: fly", None),
            ("action:", None),
            ("take key 1", None),
            ("<think>action: a1", None),
            ("äction: a1", None),
        ] {
            assert_eq!(page.parse(output), choice, "{output:?}");
        }
    }

    #[test]
    fn where_nothing_is_listed_any_text_is_an_action() {
        let page = words(&[], 0);
        assert_eq!((page.lines(), page.grammar()), (String::new(), None));
        assert_eq!(page.parse("action: mail.read id=3"), act("mail.read id=3"));
        assert_eq!(page.parse("a1"), None);
        let output = page.output("answer the\nbox");
        assert_eq!(output.as_deref(), Some("action: answer the box"));
        assert_eq!(page.output(" "), None);
    }
}
