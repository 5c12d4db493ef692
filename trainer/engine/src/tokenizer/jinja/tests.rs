#![allow(clippy::unwrap_used, reason = "tests")]

use minijinja::context;

use crate::tokenizer::jinja::environment;

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
fn generation_blocks_render_their_contents_and_whitespace() {
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
fn errors_name_the_line_of_the_original_source() {
    for (template, line) in [
        ("\n{% generation %}\n{{ ", "template:3"),
        ("\n\n{% generation %}{% endfor %}", "template:3"),
        ("{% generation %}\n", "template:"),
    ] {
        let error = format!("{:#}", render(template).unwrap_err());
        assert!(error.contains(line), "{error}");
    }
}

/// With `_compile_jinja_template` of transformers 5.24.0.
#[test]
fn pythons_percent_formats_strings_and_takes_remainders() {
    for (expression, expected) in [
        ("'%d' % 5", "5"),
        ("'%s and %s' % ('a', 1)", "a and 1"),
        ("'%03d|%-5s|%5.2f' % (7, 'x', 3.14159)", "007|x    | 3.14"),
        ("'%(a)s' % {'a': 1}", "1"),
        ("'%s' % [1, 2]", "[1, 2]"),
        ("'%d%%' % 50", "50%"),
        ("'%5.1f%%' % 99.5", " 99.5%"),
        ("'%x' % 255", "ff"),
        ("'%s' % none", "None"),
        ("'%s' % true", "True"),
        ("'a' '%d' % 3", "a3"),
        ("'%d' % 3 ~ '!'", "3!"),
        ("'%d' % messages|length", "2"),
        ("'%s' % messages[0].content.upper()", "HI"),
        ("'%s' % messages[0]['content']", "Hi"),
        ("'%s' % (messages|length)", "2"),
        ("'%s-%s' % ('%d' % 1, 5 % 3)", "1-2"),
        ("['%d' % 1, '%d' % 2]|join(',')", "1,2"),
        ("{'a': 5 % 3}['a']", "2"),
        ("'yes' if 4 % 2 == 0 else 'no'", "yes"),
        ("7 % 3", "1"),
        ("-7 % 3", "2"),
        ("7 % -4", "-1"),
        ("7.5 % 2", "1.5"),
        ("2 * 7 % 4", "2"),
        ("7 % 4 * 2", "6"),
        ("10 % 7 % 2", "1"),
        ("1 + 7 % 4", "4"),
        ("7 % 2 ** 2", "3"),
        ("(7 % 4) % 2", "1"),
    ] {
        let rendered = render(&format!("{{{{ {expression} }}}}"));
        let rendered = rendered.unwrap_or_else(|error| panic!("{expression}: {error:#}"));
        assert_eq!(rendered, expected, "{expression}");
    }
    let block = "{% for m in messages %}{% if loop.index0 % 2 == 1 -%}\n \
                 {%- set n = '%02d' % loop.index -%} {{ n }}{% endif %}{% endfor %}";
    assert_eq!(render(block).unwrap(), "02");
}

/// With `_compile_jinja_template` of transformers 5.24.0.
#[test]
fn methods_of_pythons_strings_give_what_they_give_in_python() {
    for (expression, expected) in [
        ("'abc'.removeprefix('a')", "bc"),
        ("'abc'.removesuffix('bc')", "a"),
        ("'a=b=c'.partition('=')|join('|')", "a|=|b=c"),
        ("'a=b=c'.rpartition('=')|join('|')", "a=b|=|c"),
        ("'abc'.partition('x')|join('|')", "abc||"),
        ("'abc'.rpartition('x')|join('|')", "||abc"),
        ("'a,b,c'.rsplit(',', 1)|join('|')", "a,b|c"),
        ("'a,b,c'.split(',', maxsplit=1)|join('|')", "a|b,c"),
        ("'a,b,c'.split(',', 1)|join('|')", "a|b,c"),
        ("'a,b,c'.split(',', -1)|join('|')", "a|b|c"),
        ("' a  b c '.split()|join('|')", "a|b|c"),
        ("' a  b c '.split(none, 1)|join('|')", "a|b c "),
        ("' a  b c '.rsplit(none, 1)|join('|')", " a  b|c"),
        ("' a  b c '.rsplit(maxsplit=2)|join('|')", " a|b|c"),
        ("'  '.split()|length", "0"),
        ("'abcabc'.find('c', 3)", "5"),
        ("'abcabc'.find('a', 1, 3)", "-1"),
        ("'abcabc'.rfind('b', 0, -2)", "1"),
        ("'Übabc'.index('a')", "2"),
        ("'abcabc'.rindex('a')", "3"),
        ("'abcabc'.count('a', 1)", "1"),
        ("'abcabc'.startswith('b', 1)", "True"),
        ("'abcabc'.endswith(('x', 'b'), 0, 2)", "True"),
        ("'abc'.startswith(('x', 'a'))", "True"),
        ("'ab'.ljust(5, '.')", "ab..."),
        ("'ab'.rjust(5)", "   ab"),
        ("'ab'.center(5, '*')", "**ab*"),
        ("'abc'.center(6, '*')", "*abc**"),
        ("'abc'.center(8, '*')", "**abc***"),
        ("'abcd'.center(7, '*')", "**abcd*"),
        ("'-42'.zfill(6)", "-00042"),
        ("'abc'.zfill(2)", "abc"),
        ("'Straße'.casefold()", "strasse"),
        ("'aBc'.swapcase()", "AbC"),
        ("'12'.isdecimal()", "True"),
        ("'Ab Cd'.istitle()", "True"),
        ("'Ab cD'.istitle()", "False"),
        ("'abc'[::-1]", "cba"),
        ("'abc'[-1]", "c"),
        ("'{:>5}|{:03d}'.format('a', 7)", "    a|007"),
    ] {
        let rendered = render(&format!("{{{{ {expression} }}}}"));
        let rendered = rendered.unwrap_or_else(|error| panic!("{expression}: {error:#}"));
        assert_eq!(rendered, expected, "{expression}");
    }
    for (expression, said) in [
        ("'abc'.index('x')", "index: \"x\" is not in \"abc\""),
        ("'abc'.split('')", "the separator is empty"),
        ("'abc'.ljust(5, 'ab')", "ljust: \"ab\" is not one character"),
        ("'abc'.no_such()", "no_such"),
        ("7 % 0", "remainder by 0"),
        ("none % 2", "unsupported operands of %: none and number"),
    ] {
        let error = render(&format!("{{{{ {expression} }}}}")).unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains(said), "{expression}: {error}");
    }
}

/// Python's `datetime(2024, 7, 26).strftime(…)`.
#[test]
fn the_date_is_always_the_same() {
    for (format, expected) in [
        ("%d %b %Y", "26 Jul 2024"),
        ("%Y-%m-%d", "2024-07-26"),
        (
            "%A, %B %-d, %Y, %H:%M:%S",
            "Friday, July 26, 2024, 00:00:00",
        ),
        ("%-m/%-H/%j %p %I %%", "7/0/208 AM 12 %"),
    ] {
        let rendered = render(&format!("{{{{ strftime_now('{format}') }}}}"));
        assert_eq!(rendered.unwrap(), expected, "{format}");
    }
    let error = format!("{:#}", render("{{ strftime_now('%Q') }}").unwrap_err());
    assert!(
        error.contains("strftime_now: unsupported %Q in \"%Q\""),
        "{error}"
    );
}
