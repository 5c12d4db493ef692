//! Verdicts of a demonstrator on the neighbours of a new note.

use memloom_sdk::types::DemonstratedOperation;

use crate::note::Note;

/// A verdict on a neighbour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The neighbour has nothing to do with the new note.
    Apart,
    /// The new note is linked to it.
    Link,
    /// The new note is linked to it, and says that it no longer holds.
    Past,
}

/// Returns a demonstrator's verdicts. An updated or deleted note is past; a note that is kept is linked
/// to the other notes of its speaker that hold.
pub fn demonstrated(
    hint: &DemonstratedOperation,
    note: &Note,
    neighbours: &[Note],
) -> Vec<Verdict> {
    use DemonstratedOperation::{Delete, Insert, Skip, Update};
    let verdict = |neighbour: &Note| {
        let is_kin = neighbour.speaker == note.speaker && !neighbour.is_past();
        match hint {
            Update(turn) | Delete(turn) if neighbour.evidence.contains(turn) => Verdict::Past,
            Insert | Update(_) if is_kin => Verdict::Link,
            Insert | Update(_) | Delete(_) | Skip => Verdict::Apart,
        }
    };
    neighbours.iter().map(verdict).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use DemonstratedOperation::{Delete, Insert, Skip, Update};
    use Verdict::{Apart, Link, Past};

    #[test]
    fn hints_become_verdicts() {
        let note = |speaker: &str, turn: &str, tags: &[&str]| Note {
            speaker: speaker.into(),
            evidence: vec![turn.into()],
            tags: tags.iter().map(ToString::to_string).collect(),
            ..Note::default()
        };
        let neighbours = [
            note("Anna", "D1:1", &[]),
            note("Ben", "D1:2", &[]),
            note("Anna", "D1:3", &["past"]),
            note("Anna", "D1:4", &["home"]),
        ];
        for (hint, verdicts) in [
            (Insert, [Link, Apart, Apart, Link]),
            (Update("D1:4".into()), [Link, Apart, Apart, Past]),
            (Delete("D1:1".into()), [Past, Apart, Apart, Apart]),
            (Skip, [Apart; 4]),
        ] {
            let new = note("Anna", "D2:1", &[]);
            assert_eq!(demonstrated(&hint, &new, &neighbours), verdicts, "{hint:?}");
        }
    }
}
