//! Warnings about a user's data: counts, and the names of what they are about.

/// The most names of a warning.
const NAMED: usize = 12;

/// Returns a count with its noun: `1 session`, `2 sessions`.
pub fn count(number: usize, what: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {what}{ending}")
}

/// Returns the first names, and the number of the others.
pub fn listed(names: &[String]) -> String {
    let shown = names[..names.len().min(NAMED)].join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_all_else_plural() {
        let counts = [0, 1, 2].map(|number| count(number, "turn"));
        assert_eq!(counts, ["0 turns", "1 turn", "2 turns"]);
    }

    #[test]
    fn of_many_names_the_first_ones_are_shown() {
        let names: Vec<String> = (1..=14).map(|number| format!("q{number}")).collect();
        assert_eq!(listed(&names[..2]), "q1, q2");
        assert_eq!(
            listed(&names),
            "q1, q2, q3, q4, q5, q6, q7, q8, q9, q10, q11, q12 and 2 more"
        );
    }
}
