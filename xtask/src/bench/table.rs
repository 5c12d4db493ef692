//! Results as text.

use serde_json::Value;

/// Rows of a JSON object, those of objects inside it as `name.part`. What is
/// neither number nor text is left out.
pub fn rows(found: &Value) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    for (name, value) in found.as_object().into_iter().flatten() {
        match value {
            Value::Object(_) => {
                let parts = self::rows(value).into_iter();
                rows.extend(parts.map(|(part, value)| (format!("{name}.{part}"), value)));
            }
            Value::Number(number) => rows.push((name.clone(), shown(number))),
            Value::String(text) => rows.push((name.clone(), text.clone())),
            _ => {}
        }
    }
    rows
}

/// Three digits where there are more behind the point.
fn shown(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(value) if number.is_f64() && value.abs() >= 1e-3 => {
            let digits = 2 - value.abs().log10().floor() as i32;
            format!("{value:.*}", digits.max(0) as usize)
        }
        _ => number.to_string(),
    }
}

/// Prints the rows, names in one column.
pub fn print(found: &Value) {
    let rows = rows(found);
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in rows {
        println!("{name:<width$}  {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_rows_and_numbers_have_three_digits() {
        let found = serde_json::json!({
            "all": [1, 2], "fork_us": {"100": 2.34567, "1000": 12_345.6},
            "machine": "two cores", "tiny": 1.5e-7, "total": 72,
        });
        let rows = rows(&found);
        let rows: Vec<_> = rows
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        assert_eq!(
            rows,
            [
                ("fork_us.100", "2.35"),
                ("fork_us.1000", "12346"),
                ("machine", "two cores"),
                ("tiny", "1.5e-7"),
                ("total", "72"),
            ]
        );
    }
}
