//! Evidence strings, well formed or not.

/// Returns the turn ids in a string: `D8:6; D9:17` has two, `D:11:26` means `D11:26`,
/// `D30:05` means `D30:5`.
#[must_use]
pub fn turn_ids(text: &str) -> Vec<String> {
    text.split('D').skip(1).filter_map(turn_id).collect()
}

/// Parses the part after a `D`, such as `8:6; `.
fn turn_id(text: &str) -> Option<String> {
    let mut numbers = text
        .trim_start_matches([':', ' '])
        .split(|c: char| !c.is_ascii_digit());
    let session: u32 = numbers.next()?.parse().ok()?;
    let turn: u32 = numbers.next()?.parse().ok()?;
    Some(format!("D{session}:{turn}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_well_formed_string_names_itself() {
        assert_eq!(turn_ids("D12:3"), ["D12:3"]);
    }

    #[test]
    fn several_ids_in_one_string_are_parted() {
        assert_eq!(turn_ids("D8:6; D9:17"), ["D8:6", "D9:17"]);
        assert_eq!(turn_ids("D9:1 D4:4,D4:6"), ["D9:1", "D4:4", "D4:6"]);
    }

    #[test]
    fn odd_separators_and_zeros_are_understood() {
        assert_eq!(turn_ids("D:11:26"), ["D11:26"]);
        assert_eq!(turn_ids("D30:05"), ["D30:5"]);
    }

    #[test]
    fn what_names_no_turn_gives_none() {
        for text in ["", "D", "D4", "session 3", "D:"] {
            assert!(turn_ids(text).is_empty(), "{text}");
        }
    }
}
