//! What the table in tests/promql/templates.txt does not show: queries, and templates that are too deep.

use super::*;

#[test]
fn queries_in_templates_are_found() {
    let text =
        "{{ range query \"up == 0\" }}{{ end }}{{ with printf \"x{a='%s'}\" $labels.a | query }}{{ end }}";
    let queries = read(text).unwrap().queries;
    assert_eq!(queries, [("up == 0".to_owned(), Span::new(15, 24))]);
}

#[test]
fn deep_templates_are_refused() {
    assert!(read(&format!("{{{{ {} }}}}", "(".repeat(10_000))).is_err());
    assert!(read(&"{{ if true }}".repeat(10_000)).is_err());
}

#[test]
fn parts_of_newer_servers_are_found() {
    let cases: &[(&str, &[(&str, Release)])] = &[
        ("{{ $value | humanize }}{{ with $value }}{{ else }}{{ end }}", &[]),
        ("{{ now }}", &[("now", (3, 6))]),
        ("{{ 5.0 | toDuration }}", &[("toDuration", (3, 6))]),
        ("{{ urlQueryEscape \"a b\" }}", &[("urlQueryEscape", (3, 8))]),
        ("{{ with 1 }}a{{ else with 2 }}b{{ end }}", &[("else with", (2, 55))]),
    ];
    for (text, expected) in cases {
        let newer = read(text).unwrap().newer;
        let newer: Vec<_> = newer.iter().map(|part| (part.span.of(text), part.since)).collect();
        assert_eq!(newer, *expected, "{text}");
    }
}

#[test]
fn numbers_are_those_of_go() {
    for right in ["0x1p4", "0X1.8P-4", "-0x.8p+1", "0x10", "1e3"] {
        assert!(read(&format!("{{{{ {right} }}}}")).is_ok(), "{right}");
    }
    for wrong in ["0x1p", "0xp4", "0x1.8", "0x1pf", "1p4"] {
        assert!(read(&format!("{{{{ {wrong} }}}}")).is_err(), "{wrong}");
    }
}
