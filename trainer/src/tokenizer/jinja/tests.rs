#![allow(clippy::unwrap_used, reason = "tests")]

use minijinja::context;

use super::environment;

fn render(template: &str) -> anyhow::Result<String> {
    let environment = environment("template", template)?;
    let messages = [
        context! { role => "user", content => "Hi" },
        context! { role => "assistant", content => "Yo" },
    ];
    Ok(environment
        .get_template("template")?
        .render(context! { messages })?)
}

/// With `_compile_jinja_template` of transformers 5.24.0.
#[test]
fn what_marks_the_assistants_words_is_read_through_with_its_whitespace() {
    let block = |begin: &str, end: &str| {
        format!(
            "{{% for m in messages %}}\n  {begin}\n  {{{{ m.content }}}}\n  {end}\nend\n{{% endfor %}}"
        )
    };
    for (template, expected) in [
        (
            block("{% generation %}", "{% endgeneration %}"),
            "  Hi\nend\n  Yo\nend\n",
        ),
        (
            block("{%- generation %}", "{%- endgeneration %}"),
            "  Hiend\n  Yoend\n",
        ),
        (
            block("{% generation -%}", "{% endgeneration -%}"),
            "Hi\nend\nYo\nend\n",
        ),
        (
            block("{%- generation -%}", "{%- endgeneration -%}"),
            "Hiend\nYoend\n",
        ),
        (
            block("{%+ generation +%}", "{%+ endgeneration +%}"),
            "  \n  Hi\n  \nend\n  \n  Yo\n  \nend\n",
        ),
        (
            "{% for m in messages %}{%generation%}{{ m.content }}\
             {% if loop.last %}!{% endif %}{%endgeneration%}{% endfor %}"
                .into(),
            "HiYo!",
        ),
        // Variables that are set inside are gone outside.
        (
            "{% set x = 1 %}{% generation %}{% set x = 2 %}{{ x }}{% endgeneration %}{{ x }}"
                .into(),
            "21",
        ),
        // Only the tag is meant.
        (
            "{# {% generation %} #}{% raw %}{% generation %}{% endraw %}\
             {{ '{% generation %}' }}{% set generation = 3 %}{{ generation }}"
                .into(),
            "{% generation %}{% generation %}3",
        ),
    ] {
        assert_eq!(render(&template).unwrap(), expected, "{template:?}");
    }
}

#[test]
fn a_fault_is_told_by_its_own_line() {
    for (template, line) in [
        ("\n{% generation %}\n{{ ", "template:3"),
        ("\n\n{% generation %}{% endfor %}", "template:3"),
        ("{% generation %}\n", "template:"),
    ] {
        let error = format!("{:#}", render(template).unwrap_err());
        assert!(error.contains(line), "{error}");
    }
}
