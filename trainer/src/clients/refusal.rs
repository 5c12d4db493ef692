//! Errors that a server sends in the body of a reply whose status is 200.

use serde_json::Value;

/// An error in the place of a reply, and whether another attempt may help.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    /// True if it may pass: the server is busy or broken.
    pub passing: bool,
}

/// Words in which servers say that they are busy or broken.
const PASSING: [&str; 16] = [
    "rate_limit",
    "rate limit",
    "ratelimit",
    "too many requests",
    "too_many_requests",
    "toomanyrequests",
    "overload",
    "capacity",
    "busy",
    "timeout",
    "timed out",
    "unavailable",
    "exhausted",
    "server_error",
    "servererror",
    "internal",
];

/// Words in which servers say that a request can never be answered.
const LASTING: [&str; 15] = [
    "invalid",
    "bad_request",
    "badrequest",
    "bad request",
    "authentication",
    "unauthorized",
    "permission",
    "forbidden",
    "denied",
    "not_found",
    "notfound",
    "not found",
    "unsupported",
    "quota",
    "context_length",
];

/// Where servers put a status, or a name for what went wrong.
const KINDS: [&str; 4] = ["code", "status", "status_code", "type"];

/// Returns the error that a body holds, if it holds one: under `error`, at the top or
/// of the first choice, or as the whole body of an object that calls itself one.
pub fn refusal(body: &[u8]) -> Option<Refusal> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let errors = [
        body.get("error"),
        body.pointer("/choices/0/error"),
        Some(&body).filter(|body| body.get("object") == Some(&"error".into())),
    ];
    let error = errors.into_iter().flatten().find(|error| match error {
        Value::Object(fields) => !fields.is_empty(),
        Value::String(text) => !text.trim().is_empty(),
        Value::Number(_) => true,
        _ => false,
    })?;
    Some(Refusal {
        passing: passes(error),
    })
}

/// Whether an error may pass: by its HTTP status if it has one, else by what it calls
/// itself, else by its message. What says nothing of itself is tried again.
fn passes(error: &Value) -> bool {
    let kinds = KINDS.iter().filter_map(|name| error.get(name));
    let kinds: Vec<&Value> = kinds
        .chain(Some(error).filter(|e| !e.is_object()))
        .collect();
    if let Some(status) = kinds.iter().find_map(|kind| status(kind)) {
        return status >= 500 || [408, 425, 429].contains(&status);
    }
    let names = kinds.iter().filter_map(|kind| kind.as_str());
    let names = names.filter(|name| name.trim().parse::<f64>().is_err());
    let names = names.collect::<Vec<&str>>().join(" ").to_lowercase();
    let message = error.get("message").and_then(Value::as_str);
    let message = message.unwrap_or_default().to_lowercase();
    let judged = |text: &str| {
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        match (has(&PASSING), has(&LASTING)) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        }
    };
    judged(&names).or_else(|| judged(&message)).unwrap_or(true)
}

/// The HTTP status that a value is: a number, or a text of one.
fn status(kind: &Value) -> Option<u16> {
    let number = match kind {
        Value::String(text) => text.trim().parse().ok()?,
        other => other.as_f64()?,
    };
    ((400.0..600.0).contains(&number)).then_some(number as u16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn passing(body: Value) -> Option<bool> {
        refusal(body.to_string().as_bytes()).map(|refusal| refusal.passing)
    }

    #[test]
    fn a_body_without_an_error_is_no_refusal() {
        for body in [
            json!({"choices": [{"message": {"content": "error 429"}}]}),
            json!({"error": null, "choices": []}),
            json!({"error": {}, "choices": []}),
            json!({"error": ""}),
            json!({"object": "chat.completion"}),
            json!(["error"]),
        ] {
            assert_eq!(passing(body.clone()), None, "{body}");
        }
        assert_eq!(refusal(b"Success: the error is gone"), None);
    }

    #[test]
    fn what_is_busy_or_broken_may_pass() {
        for error in [
            json!({"code": 429}),
            json!({"code": 429, "type": "invalid_request_error"}),
            json!({"code": "429"}),
            json!({"code": 503.0}),
            json!({"status": 500, "message": "invalid"}),
            json!({"type": "overloaded_error", "message": "Overloaded"}),
            json!({"type": "rate_limit_error"}),
            json!({"code": "rate_limit_exceeded", "type": "requests"}),
            json!({"code": 14, "status": "UNAVAILABLE"}),
            json!({"code": 1302, "message": "Rate limit reached"}),
            json!({"message": "upstream timed out"}),
            json!({"message": "?"}),
            json!("The engine is currently overloaded"),
            json!("429"),
            json!(502),
        ] {
            let body = json!({ "error": error });
            assert_eq!(passing(body.clone()), Some(true), "{body}");
        }
        let late = json!({"choices": [{"error": {"code": 502}, "message": {"content": "R"}}]});
        assert_eq!(passing(late), Some(true));
    }

    #[test]
    fn what_can_never_be_answered_does_not_pass() {
        for error in [
            json!({"code": 400}),
            json!({"code": "401", "message": "server_error"}),
            json!({"code": 404, "type": "overloaded"}),
            json!({"type": "invalid_request_error", "message": "internal"}),
            json!({"code": "model_not_found", "type": null}),
            json!({"code": "insufficient_quota"}),
            json!({"message": "Invalid API key"}),
            json!("model not found"),
        ] {
            let body = json!({ "error": error });
            assert_eq!(passing(body.clone()), Some(false), "{body}");
        }
        let whole = json!({"object": "error", "type": "BadRequestError", "code": 400});
        assert_eq!(passing(whole), Some(false));
    }
}
