//! The date of templates. It is always midnight of 26 July 2024, the default of Llama's templates,
//! so that equal seeds give equal prompts.

use minijinja::{Error, ErrorKind};

/// Formats the date as Python's `datetime.strftime` does, in the C locale and without a time zone.
pub(super) fn strftime_now(format: &str) -> Result<String, Error> {
    let mut text = String::with_capacity(format.len());
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        let (unpadded, code) = match letters.next() {
            Some('-') => (true, letters.next()),
            code => (false, code),
        };
        let value = code.and_then(directive).ok_or_else(|| {
            let code = code.map(String::from).unwrap_or_default();
            let why = format!("strftime_now: unsupported %{code} in {format:?}");
            Error::new(ErrorKind::InvalidOperation, why)
        })?;
        text.push_str(match unpadded {
            // Zero keeps one digit.
            true => match value.trim_start_matches(['0', ' ']) {
                "" if !value.is_empty() => "0",
                rest => rest,
            },
            false => value,
        });
    }
    Ok(text)
}

fn directive(code: char) -> Option<&'static str> {
    Some(match code {
        'a' => "Fri",
        'A' => "Friday",
        'b' | 'h' => "Jul",
        'B' => "July",
        'c' => "Fri Jul 26 00:00:00 2024",
        'C' => "20",
        'd' | 'e' => "26",
        'D' | 'x' => "07/26/24",
        'f' => "000000",
        'F' => "2024-07-26",
        'g' | 'y' => "24",
        'G' | 'Y' => "2024",
        'H' | 'M' | 'S' => "00",
        'I' => "12",
        'j' => "208",
        'k' => " 0",
        'l' => "12",
        'm' => "07",
        'n' => "\n",
        'p' => "AM",
        'P' => "am",
        'r' => "12:00:00 AM",
        'R' => "00:00",
        't' => "\t",
        'T' | 'X' => "00:00:00",
        'u' | 'w' => "5",
        'U' => "29",
        'V' | 'W' => "30",
        'z' | 'Z' => "",
        '%' => "%",
        _ => return None,
    })
}
