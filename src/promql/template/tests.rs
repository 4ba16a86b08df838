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
