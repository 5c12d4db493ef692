#![allow(clippy::unwrap_used, reason = "tests")]

use minijinja::value::Serde;
use minijinja::{Environment, context};
use serde_json::{Value as Json, json};

use crate::tokenizer::tojson::tojson;

fn render(template: &str, x: &Json) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.add_filter("tojson", tojson);
    environment.render_str(template, context! { x => Serde(x) })
}

/// `{{ … }}` over these values with `_compile_jinja_template` of transformers 5.24.0.
#[test]
fn values_are_written_as_hugging_faces_templates_write_them() {
    let x = json!({
        "b": "Ünal <b>&'\"\\\n\t\u{1}\u{7f}日本🙂",
        "a": [1, 2.0, 1e16, 1.5e-7, 0.0001, -0.0, true, null, {}],
        "n": {"z": [], "y": {"k": [{"q": 1}]}},
    });
    for (template, expected) in [
        (
            "x|tojson",
            "{\"b\": \"Ünal <b>&'\\\"\\\\\\n\\t\\u0001\u{7f}日本🙂\", \
             \"a\": [1, 2.0, 1e+16, 1.5e-07, 0.0001, -0.0, true, null, {}], \
             \"n\": {\"z\": [], \"y\": {\"k\": [{\"q\": 1}]}}}",
        ),
        (
            "x.n|tojson(indent=2)",
            "{\n  \"z\": [],\n  \"y\": {\n    \"k\": [\n      {\n        \"q\": 1\n      }\n    ]\n  }\n}",
        ),
        (
            "x.n|tojson(indent=0)",
            "{\n\"z\": [],\n\"y\": {\n\"k\": [\n{\n\"q\": 1\n}\n]\n}\n}",
        ),
        (
            "x.n|tojson(indent='\t')",
            "{\n\t\"z\": [],\n\t\"y\": {\n\t\t\"k\": [\n\t\t\t{\n\t\t\t\t\"q\": 1\n\t\t\t}\n\t\t]\n\t}\n}",
        ),
        (
            "x|tojson(separators=(',', ':'))",
            "{\"b\":\"Ünal <b>&'\\\"\\\\\\n\\t\\u0001\u{7f}日本🙂\",\
             \"a\":[1,2.0,1e+16,1.5e-07,0.0001,-0.0,true,null,{}],\
             \"n\":{\"z\":[],\"y\":{\"k\":[{\"q\":1}]}}}",
        ),
        (
            "x.n|tojson(sort_keys=true)",
            "{\"y\": {\"k\": [{\"q\": 1}]}, \"z\": []}",
        ),
        (
            "x.b|tojson(ensure_ascii=true)",
            "\"\\u00dcnal <b>&'\\\"\\\\\\n\\t\\u0001\\u007f\\u65e5\\u672c\\ud83d\\ude42\"",
        ),
        ("'Ü'|tojson(true)", "\"\\u00dc\""),
        ("[1]|tojson(false, 1)", "[\n 1\n]"),
        ("[1]|tojson(indent=none)", "[1]"),
        (
            "{'a': [1, 2]}|tojson(indent=true, separators=(' ; ', ' = '))",
            "{\n \"a\" = [\n  1 ; \n  2\n ]\n}",
        ),
        (
            "{1: 2, none: 4, 1.5: 5, 'a': 'b'}|tojson",
            "{\"1\": 2, \"null\": 4, \"1.5\": 5, \"a\": \"b\"}",
        ),
        (
            "[1e15, 1e22, 1e-5, 0.1, 1e100, 3.0e-10, 5e-324, 1.7976931348623157e308]|tojson",
            "[1000000000000000.0, 1e+22, 1e-05, 0.1, 1e+100, 3e-10, 5e-324, \
             1.7976931348623157e+308]",
        ),
        (
            "123456789012345678901234567890|tojson",
            "123456789012345678901234567890",
        ),
        ("(1, 'two')|tojson", "[1, \"two\"]"),
        (
            "x.n|items|list|tojson",
            "[[\"z\", []], [\"y\", {\"k\": [{\"q\": 1}]}]]",
        ),
    ] {
        let rendered = render(&format!("{{{{ {template} }}}}"), &x);
        assert_eq!(rendered.unwrap(), expected, "{template}");
    }
}

#[test]
fn values_that_json_dumps_refuses_are_refused() {
    for (template, said) in [
        (
            "nothing|tojson",
            "tojson: undefined cannot be written as JSON",
        ),
        ("[1]|tojson(indent=1.5)", "indent is 1.5, expected a number"),
        ("[1]|tojson(separators=',')", "expected a pair of strings"),
        ("[1]|tojson(colour=1)", "colour"),
    ] {
        let error = render(&format!("{{{{ {template} }}}}"), &json!({})).unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains(said), "{template}: {error}");
    }
}
