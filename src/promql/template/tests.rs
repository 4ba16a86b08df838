//! Templates that are right, with what they use, and templates that are wrong, with the place. promtool judges the same ones in tests/promql.rs.

use super::*;

/// Templates with the labels that they use.
#[rustfmt::skip]
const VALID: &[(&str, &str)] = &[
    ("plain text", ""),
    ("", ""),
    ("{ not an action }", ""),
    ("{{ $labels.instance }} of {{ $labels.job }} is down", "instance job"),
    ("{{$labels.a}}{{- $labels.b -}}", "a b"),
    ("{{ .Labels.job }}", "job"),
    ("{{ $.Labels.job }}", "job"),
    ("{{ index $labels \"a-b\" }}", "a-b"),
    ("{{ index .Labels \"x\" }}", "x"),
    ("{{ $value }} {{ .Value | humanize }}", ""),
    ("{{ $value | humanizePercentage | printf \"%s!\" }}", ""),
    ("{{ printf \"%.2f\" $value }}", ""),
    ("{{ if eq $labels.phase \"L1\" }}first{{ else if gt $value 3.0 }}{{ $labels.b }}{{ else }}x{{ end }}", "phase b"),
    ("{{ with $labels }}{{ .job }}{{ end }}", "job"),
    ("{{ with .Labels }}{{ index . \"job\" }}{{ else }}{{ .Labels.x }}{{ end }}", "job x"),
    ("{{ with $labels.a }}{{ . }}{{ end }}", "a"),
    ("{{ range query \"up == 0\" }}{{ .Labels.job }}{{ $labels.own }}{{ end }}", "own"),
    ("{{ range $i, $x := query \"up\" }}{{ $i }}{{ $x.Labels.job }}{{ end }}", ""),
    ("{{ with query \"sum(x)\" }}{{ . | first | value | humanize }}{{ end }}", ""),
    ("{{ $x := $labels.a }}{{ $x }}{{ $x = \"b\" }}", "a"),
    ("{{ define \"t\" }}{{ .a }}{{ end }}{{ template \"t\" $labels }}", ""),
    ("{{ template \"other\" }}", ""),
    ("{{ block \"b\" . }}x{{ end }}", ""),
    ("{{/* a comment {{ */}}x{{- /* trimmed */ -}}", ""),
    ("{{ (index (query \"up\") 0).Value }}", ""),
    ("{{ ($labels).job }}", "job"),
    ("{{ `raw {{ string` }} {{ \"}}\" }}", ""),
    ("{{ 'x' }} {{ -3.5e2 }} {{ 0x1F }} {{ true }} {{ 1_000 }}", ""),
    ("{{ range query \"up\" }}{{ if true }}{{ break }}{{ end }}{{ continue }}{{ end }}", ""),
    ("{{ $externalLabels.site }} {{ $externalURL }} {{ .ExternalLabels.x }} {{ externalURL }}{{ pathPrefix }}", ""),
    ("{{ reReplaceAll \"(.*):.*\" \"$1\" $labels.instance }}", "instance"),
    ("{{ and (gt $value 1.0) (lt $value 2.0) }}", ""),
    ("{{ $labels.größe }}", "größe"),
    ("{{ if\n$value\n}}x{{ end }}", ""),
    ("{{ print . }} {{ . }}", ""),
    ("{{ args 1 $labels.a \"b\" }}", "a"),
    ("{{ len $labels }}", ""),
    ("{{ not true }}", ""),
];

/// Templates with a mistake, the part that the caret is under (before the next one that is the same), and the code. Those that Prometheus finds
/// only when the alert fires are marked.
#[rustfmt::skip]
const BROKEN: &[(&str, usize, &str)] = &[
    ("{{ $labels.job", 0, "unclosed-action"),
    ("a {{ $value } b", 12, "unexpected"),
    ("{{ $value {{ $labels.job }}", 0, "unclosed-action"),
    ("{{ /* no end }}", 3, "unexpected"),
    ("{{/* no end }}", 0, "unclosed-action"),
    ("{{/* x */ y }}", 0, "unclosed-action"),
    ("{{ \"abc }}", 3, "unclosed-string"),
    ("{{ `abc }}", 3, "unclosed-string"),
    ("{{ }}", 0, "unexpected"),
    ("{{ humanise $value }}", 3, "unknown-function"),
    ("{{ $value | humanize2 }}", 12, "unknown-function"),
    ("{{ labels.job }}", 3, "unknown-function"),
    ("{{ rate }}", 3, "unknown-function"),
    ("{{ $label.job }}", 3, "unknown-variable"),
    ("{{ $values }}", 3, "unknown-variable"),
    ("{{ define \"t\" }}{{ $labels.job }}{{ end }}", 19, "unknown-variable"),
    ("{{ if true }}{{ $x := 1 }}{{ end }}{{ $x }}", 38, "unknown-variable"),
    ("{{ $x = 1 }}", 3, "unknown-variable"),
    ("{{ if $value }}x", 0, "missing-end"),
    ("{{ range query \"up\" }}{{ if true }}{{ end }}", 0, "missing-end"),
    ("{{ with $value }}x{{ else }}", 0, "missing-end"),
    ("{{ define \"x\" }}", 0, "missing-end"),
    ("x{{ end }}", 1, "unexpected-end"),
    ("{{ if true }}{{ end }}{{ end }}", 22, "unexpected-end"),
    ("{{ else }}", 0, "unexpected-end"),
    ("{{ if true }}{{ else }}{{ else }}{{ end }}", 23, "unexpected-end"),
    ("{{ define \"x\" }}{{ else }}{{ end }}", 16, "unexpected-end"),
    ("{{ break }}", 0, "unexpected-end"),
    ("{{ if }}x{{ end }}", 5, "unexpected"),
    ("{{ range }}x{{ end }}", 8, "unexpected"),
    ("{{ if true }}{{ define \"x\" }}{{ end }}{{ end }}", 13, "unexpected"),
    ("{{ template }}", 11, "unexpected"),
    ("{{ template foo }}", 12, "unexpected"),
    ("{{ $value | }}", 11, "unexpected"),
    ("{{ $value | 3 }}", 12, "unexpected"),
    ("{{ $value | \"x\" }}", 12, "unexpected"),
    ("{{ | humanize }}", 3, "unexpected"),
    ("{{ ($value }}", 3, "parenthesis"),
    ("{{ $value) }}", 9, "parenthesis"),
    ("{{ () }}", 4, "unexpected"),
    ("{{ $value > 3 }}", 10, "unexpected"),
    ("{{ $value * 100 }}", 10, "unexpected"),
    ("{{ if $value == 3 }}{{ end }}", 13, "unexpected"),
    ("{{ $labels.a-b }}", 12, "unexpected"),
    ("{{ $labels[\"a\"] }}", 10, "unexpected"),
    ("{{ printf\"x\" }}", 9, "unexpected"),
    ("{{ 5m }}", 3, "unexpected"),
    ("{{ 1..2 }}", 3, "unexpected"),
    ("{{ 'ab' }}", 3, "unexpected"),
    ("{{ \"\\q\" }}", 3, "unexpected"),
    ("{{ end true }}", 7, "unexpected"),
    ("{{ \"a\" \"b\" }}", 7, "unexpected"),
    ("{{ $labels.job, $value }}", 14, "unexpected"),
];

/// Mistakes that Prometheus finds only when the alert fires.
#[rustfmt::skip]
const LATE: &[(&str, usize, &str)] = &[
    ("{{ .labels.job }}", 3, "unknown-field"),
    ("{{ .job }}", 3, "unknown-field"),
    ("{{ $.CommonLabels.job }}", 4, "unknown-field"),
];

#[test]
fn templates_use_labels() {
    for (text, labels) in VALID {
        let read = read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let used: Vec<&str> = read.labels.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(used.join(" "), *labels, "{text}");
        for (name, span) in &read.labels {
            assert_eq!(span.of(text).trim_matches('"'), name, "{text}");
        }
    }
}

#[test]
fn queries_in_templates_are_found() {
    let text = "{{ range query \"up == 0\" }}{{ end }}{{ with printf \"x{a='%s'}\" $labels.a | query }}{{ end }}";
    let queries = read(text).unwrap().queries;
    assert_eq!(queries, [("up == 0".to_owned(), Span::new(15, 24))]);
}

#[test]
fn mistakes_are_found_where_they_are() {
    for (text, at, code) in BROKEN.iter().chain(LATE) {
        let error = read(text).err().unwrap_or_else(|| panic!("{text} was read"));
        assert_eq!((error.span.start, error.code.as_str()), (*at, *code), "{text}: {error}");
        assert!(text.get(error.span.start..error.span.end).is_some(), "{text}");
    }
}

#[test]
fn deep_templates_are_refused() {
    assert!(read(&format!("{{{{ {} }}}}", "(".repeat(10_000))).is_err());
    assert!(read(&"{{ if true }}".repeat(10_000)).is_err());
}
