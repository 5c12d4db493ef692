#![allow(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use super::*;
use crate::tokenizer::Tokenizer;
use crate::tokenizer::chat_fixture::{TEMPLATE, chat_ml, load};
use crate::tokenizer::file;

fn with(template: &str) -> Tokenizer {
    let config = json!({"eos_token": "<|im_end|>", "bos_token": "<|im_start|>"});
    load(&[
        ("tokenizer.json", chat_ml()),
        (CONFIG, config),
        (file::TEMPLATE, template.into()),
    ])
    .unwrap()
}

/// Returns the text of the prompt for one question.
fn prompt(template: &str) -> String {
    let tokenizer = with(template);
    let prompt = tokenizer
        .encode_prompt("anybody", &[("user", "Hi")])
        .unwrap();
    let letters = prompt.iter().map(|id| tokenizer.written(*id).unwrap());
    letters.collect()
}

/// With `apply_chat_template` of transformers 5.24.0, except for the date.
#[test]
fn templates_have_the_variables_and_functions_of_transformers() {
    for (template, expected) in [
        ("{{ tools is defined }}|{{ tools is none }}", "True|True"),
        (
            "{{ documents is none }}|{{ bos_token }}",
            "True|<|im_start|>",
        ),
        (
            "{{ add_generation_prompt }}|{{ date is defined }}",
            "True|False",
        ),
        (
            "{{ messages[0]|tojson }}",
            "{\"role\": \"user\", \"content\": \"Hi\"}",
        ),
        ("{{ strftime_now('%d %b %Y') }}", "26 Jul 2024"),
    ] {
        assert_eq!(prompt(template), expected, "{template}");
    }
}

#[test]
fn trial_chats_find_faults_in_every_shape_of_chat() {
    assert_eq!(with(TEMPLATE).render_trial_chats().unwrap(), [""; 0]);
    for (template, place) in [
        ("\n{{ messages|no_such_filter }}", "a trial chat of user: "),
        (
            "\n{% if messages[0].role == 'system' %}\n{{ messages[0].content.no_such() }}{% endif %}",
            "a trial chat of system, user: ",
        ),
        (
            "\n{% if messages|length > 2 %}{{ no_such() }}{% endif %}",
            "a trial chat of user, assistant, user: ",
        ),
        ("\n{{ raise_exception('never') }}", "a trial chat of user: "),
    ] {
        let error = format!("{:#}", with(template).render_trial_chats().unwrap_err());
        assert!(error.starts_with(place), "{error}");
        assert!(error.contains("chat_template.jinja:"), "{error}");
    }
    let own = "{% if messages[0].role == 'system' %}{{ raise_exception('no systems') }}{% endif %}";
    let refusals = with(own).render_trial_chats().unwrap();
    assert_eq!(refusals.len(), 2, "{refusals:?}");
    assert!(refusals[0].starts_with("a trial chat of system, user: "));
    assert!(refusals[0].contains("no systems"), "{refusals:?}");
}
