//! The documents that were shown, as evidence of the state.

/// Returns the documents of an observation, `Doc 17`, from its lines that begin so.
pub fn documents(information: &str) -> Vec<String> {
    let number = |line: &str| {
        let rest = line.strip_prefix("Doc ")?;
        let number = rest.split([' ', ':', '(']).next()?;
        number.parse::<u32>().ok()
    };
    let numbers = information.lines().filter_map(number);
    numbers.map(|number| format!("Doc {number}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_a_document_s_number_are_evidence() {
        let information =
            "You have 2 turns left.\nDoc 17 (Anna)\nDoc Brown is here.\nDoc 3\nDoc 3a";
        assert_eq!(documents(information), ["Doc 17", "Doc 3"]);
    }
}
