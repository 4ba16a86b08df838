//! The checks of Prometheus' and Alertmanager's files against tables of mistakes, and beside promtool itself.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use enmon::document::Draft;
use enmon::prometheus::config::{
    Auth, FileKind, RuleKind, Surroundings, Version, check_text, is_refused, jobs, known_fields,
    refuse_new_late, rule_groups,
};
use proptest::prelude::*;

#[path = "prometheus_config/cases.rs"]
mod cases;

use cases::{Case, OLDEST, Why};

const OLDEST_ALERTMANAGER: Version = Version::new(0, 25);

#[test]
fn mistakes_are_found_where_they_are() {
    let mut differ = Vec::new();
    for (name, kind, oldest) in [
        ("prometheus_wrong.txt", FileKind::Prometheus, OLDEST),
        ("prometheus_doubts.txt", FileKind::Prometheus, OLDEST),
        ("rules_wrong.txt", FileKind::Rules, OLDEST),
        ("rules_doubts.txt", FileKind::Rules, OLDEST),
        ("targets_wrong.txt", FileKind::FileSd, OLDEST),
        ("alertmanager_wrong.txt", FileKind::Alertmanager, OLDEST_ALERTMANAGER),
    ] {
        differ.extend(cases::compare(name, kind, oldest).into_iter().map(|line| format!("{name}: {line}")));
        for case in cases::cases(name) {
            let findings = case.findings(kind, oldest);
            let is_doubt = name.contains("doubts") || case.why == Why::Looser;
            if findings.is_empty() || is_refused(&findings) == is_doubt {
                differ.push(format!("{name}: {}: refused: {}", case.title, is_refused(&findings)));
            }
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[test]
fn right_files_have_no_findings() {
    for (name, kind, oldest) in [
        ("prometheus_good.txt", FileKind::Prometheus, OLDEST),
        ("rules_good.txt", FileKind::Rules, OLDEST),
        ("alertmanager_good.txt", FileKind::Alertmanager, OLDEST_ALERTMANAGER),
    ] {
        for case in cases::cases(name) {
            let said: Vec<String> = case.findings(kind, oldest).iter().map(ToString::to_string).collect();
            assert!(said.is_empty(), "{name}: {}: {said:#?}", case.title);
        }
    }
}

#[test]
fn rules_of_the_format_before_prometheus_2_are_named() {
    for text in [
        "ALERT Down\n  IF up == 0\n  FOR 5m\n",
        "# ours\n\nALERT Down\n  IF up == 0\n  LABELS { severity = \"page\" }\n",
        "job:up:sum = sum(up) by (job)\n",
        "job:up:sum{site=\"a\"} = sum(up) by (job)\n",
    ] {
        let findings = check_text("f", text, FileKind::Rules, &Surroundings::default());
        assert!(is_refused(&findings), "{text}");
        let hint = findings.iter().find_map(|finding| finding.hint.as_deref()).unwrap_or_default();
        assert!(hint.contains("before 2.0"), "{text}: {findings:#?}");
    }
    for text in ["route: {receiver: a}\n", "ALERTS\n", "- a = b\n", "groups: [{name: a = b, rule: []}]\n"] {
        let findings = check_text("f", text, FileKind::Rules, &Surroundings::default());
        assert!(is_refused(&findings), "{text}");
        let hints: Vec<_> = findings.iter().filter_map(|finding| finding.hint.as_deref()).collect();
        assert!(hints.iter().all(|hint| !hint.contains("before 2.0")), "{text}: {hints:?}");
    }
}

#[test]
fn a_late_mistake_is_refused_where_an_edit_brings_it_in() {
    let text = |summaries: &[&str]| -> String {
        let rules = summaries.iter().map(|summary| {
            format!(
                "  - alert: A\n    expr: up == 0\n    for: 1m\n    annotations: {{summary: '{summary}'}}\n"
            )
        });
        format!("groups:\n- name: a\n  rules:\n{}", rules.collect::<String>())
    };
    let found = |summaries: &[&str]| {
        let template = |text: &str| {
            let error = enmon::promql::template::read(text).err()?;
            Some(enmon::prometheus::config::ExprMistake {
                start: error.span.start,
                end: error.span.end,
                code: error.code.as_str().to_owned(),
                message: error.message,
                hint: error.hint,
                late: error.late,
            })
        };
        let around = Surroundings { template: Some(&template), ..Surroundings::default() };
        check_text("f", &text(summaries), FileKind::Rules, &around)
    };
    for (before, after, refused) in [
        (&["{{ .job }}"][..], &["{{ .job }}"][..], false),
        (&["{{ .job }}"], &["ok", "{{ .job }} is down"], false),
        (&["ok"], &["{{ .job }}"], true),
        (&["{{ .job }}"], &["{{ .job }}", "{{ .job }}"], true),
        (&["{{ .job }}"], &["{{ .site }}"], true),
        (&[], &["{{ .job }}"], true),
        // a doubt of another kind stays one
        (&["ok"], &["ok", "ok"], false),
    ] {
        let mut findings = found(after);
        assert!(!is_refused(&findings), "{after:?}");
        refuse_new_late(&found(before), &mut findings);
        assert_eq!(is_refused(&findings), refused, "{before:?} {after:?}: {findings:#?}");
    }
}

/// Without a version what any supported server takes is right.
#[test]
fn without_a_version_old_and_new_fields_are_right() {
    for case in cases::cases("prometheus_good.txt") {
        let findings = check_text("f", &case.text, FileKind::Prometheus, &Surroundings::default());
        assert!(!is_refused(&findings), "{}: {findings:#?}", case.title);
    }
    let old =
        "scrape_configs: [{job_name: a, scrape_classic_histograms: true, static_configs: [{targets: [a]}]}]";
    assert_eq!(check_text("f", old, FileKind::Prometheus, &Surroundings::default()), []);
}

fn promtool() -> Command {
    unpacked("promtool")
}

/// Returns a program that `make setup` unpacks, or else that of the system.
fn unpacked(name: &str) -> Command {
    let cache = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache/enmon/bin").join(name));
    let program = cache.filter(|path| path.exists()).unwrap_or_else(|| name.into());
    Command::new(program)
}

/// Returns what amtool says of a text, and whether it takes it.
fn amtool_on(text: &str) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    cases::lay_out(folder.path());
    std::fs::write(folder.path().join("f.yml"), text).unwrap();
    let run = unpacked("amtool").args(["check-config", "f.yml"]).current_dir(folder.path()).output();
    let run = run.unwrap_or_else(|error| panic!("amtool can't be run ({error}): make setup"));
    let said = [run.stdout, run.stderr].concat();
    (run.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn amtool_is_of_the_same_opinion() {
    let mut differ = Vec::new();
    for (name, is_right) in [("alertmanager_good.txt", true), ("alertmanager_wrong.txt", false)] {
        for case in cases::cases(name) {
            if matches!(case.why, Why::Absent | Why::Newer(_)) {
                continue;
            }
            let (is_taken, said) = amtool_on(&case.text);
            if is_taken != (is_right || case.why == Why::Stricter) {
                differ.push(format!("{name}: {}: amtool takes it: {is_taken}: {said}", case.title));
            }
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

/// Runs promtool over the texts of a kind, and returns for each whether it was taken.
fn promtool_takes(kind: FileKind, texts: &[&str]) -> Vec<bool> {
    let folder = tempfile::tempdir().unwrap();
    cases::lay_out(folder.path());
    let (sub, mut names) = match kind {
        FileKind::Rules => ("rules", Vec::new()),
        _ => ("config", Vec::new()),
    };
    for (at, text) in texts.iter().enumerate() {
        let name = format!("case{at:03}.yml");
        if kind == FileKind::FileSd {
            let targets = format!("targets{at:03}.yml");
            std::fs::write(folder.path().join(&targets), text).unwrap();
            let config =
                format!("scrape_configs: [{{job_name: a, file_sd_configs: [{{files: [{targets}]}}]}}]");
            std::fs::write(folder.path().join(&name), config).unwrap();
        } else {
            std::fs::write(folder.path().join(&name), text).unwrap();
        }
        names.push(name);
    }
    // both streams into one file, so that each verdict stands behind the name of its file
    let said = folder.path().join("said");
    let out = std::fs::File::create(&said).unwrap();
    let status = promtool()
        .args(["check", sub])
        .args(&names)
        .current_dir(folder.path())
        .stdout(out.try_clone().unwrap())
        .stderr(out)
        .status();
    status.unwrap_or_else(|error| panic!("promtool can't be run ({error}): make setup"));
    let said = std::fs::read_to_string(said).unwrap();
    assert!(!said.contains("panic:"), "promtool broke: {said}");
    let verdict = |name: &String| {
        let (_, behind) = said.split_once(&format!("Checking {name}\n")).expect("a verdict for each file");
        !behind.split("Checking case").next().unwrap_or_default().contains("FAILED")
    };
    names.iter().map(verdict).collect()
}

/// Says where promtool is of another opinion.
fn disagreements(name: &str, kind: FileKind, is_taken: impl Fn(&Case) -> bool) -> Vec<String> {
    let asked: Vec<Case> = cases::cases(name)
        .into_iter()
        .filter(|case| !matches!(case.why, Why::Absent | Why::Newer(_)))
        .collect();
    let texts: Vec<&str> = asked.iter().map(|case| case.text.as_str()).collect();
    let taken = promtool_takes(kind, &texts);
    let differ = asked.iter().zip(taken).filter(|(case, taken)| is_taken(case) != *taken);
    differ.map(|(case, taken)| format!("{name}: {}: promtool takes it: {taken}", case.title)).collect()
}

#[test]
fn promtool_refuses_what_is_refused_here() {
    let is_taken = |case: &Case| case.why == Why::Stricter;
    let differ = [
        disagreements("prometheus_wrong.txt", FileKind::Prometheus, is_taken),
        disagreements("rules_wrong.txt", FileKind::Rules, is_taken),
        disagreements("targets_wrong.txt", FileKind::FileSd, is_taken),
    ]
    .concat();
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[test]
fn promtool_takes_what_is_taken_here() {
    let is_taken = |case: &Case| case.why != Why::Looser;
    let differ = [
        disagreements("prometheus_good.txt", FileKind::Prometheus, is_taken),
        disagreements("prometheus_doubts.txt", FileKind::Prometheus, is_taken),
        disagreements("rules_doubts.txt", FileKind::Rules, is_taken),
        disagreements("rules_good.txt", FileKind::Rules, is_taken),
    ]
    .concat();
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

/// What Debian leaves out of its build.
const NOT_IN_DEBIAN: [&str; 5] = [
    "consul_sd_configs",
    "kubernetes_sd_configs",
    "kuma_sd_configs",
    "linode_sd_configs",
    "nomad_sd_configs",
];

/// The tables know the same fields as promtool 2.42: not one less, and those that it doesn't know bear a later version.
#[test]
fn the_tables_know_the_fields_of_promtool() {
    the_tables_know_the_fields_of(FileKind::Prometheus, |text| promtool_says("config", text));
    the_tables_know_the_fields_of(FileKind::Rules, |text| promtool_says("rules", text));
}

/// The same beside amtool 0.25.
#[test]
fn the_tables_know_the_fields_of_amtool() {
    the_tables_know_the_fields_of(FileKind::Alertmanager, |text| amtool_on(text).1);
}

fn the_tables_know_the_fields_of(kind: FileKind, says: impl Fn(&str) -> String) {
    let mut by_section: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
    for field in known_fields(kind) {
        let (section, name) = field.path.rsplit_once('.').unwrap_or(("", &field.path));
        if !NOT_IN_DEBIAN.iter().any(|absent| field.path.contains(absent)) {
            by_section.entry(section.to_owned()).or_default().push((name.to_owned(), field.since.is_none()));
        }
    }
    // the same tables stand in many places; each is asked about once
    let (mut asked, mut differ) = (BTreeSet::new(), Vec::new());
    for (section, fields) in by_section {
        let is_new = known_fields(kind).iter().any(|field| {
            let path = field.path.as_str();
            field.since.is_some() && (section == path || section.strip_prefix(path).is_some_and(is_below))
        });
        let step = section.rsplit('.').next().unwrap_or_default().to_owned();
        if is_new || !asked.insert((step, fields.clone())) {
            continue;
        }
        let unknown = unknown_in(&section, &fields, &says);
        let wanted: BTreeSet<&str> =
            fields.iter().filter(|(_, is_old)| !is_old).map(|(name, _)| name.as_str()).collect();
        let found: BTreeSet<&str> = unknown.iter().map(String::as_str).collect();
        if found != wanted {
            differ.push(format!("unknown in `{section}`: {found:?}, by the table {wanted:?}"));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

/// Says whether what is left of a path begins a field below.
fn is_below(rest: &str) -> bool {
    rest.trim_start_matches(['[', ']', '{', '}']).starts_with('.') || rest.chars().all(|c| "[]{}".contains(c))
}

/// Returns what promtool says of a text.
fn promtool_says(sub: &str, text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("f.yml"), text).unwrap();
    let run = promtool().args(["check", sub, "f.yml"]).current_dir(folder.path()).output();
    let run = run.unwrap_or_else(|error| panic!("promtool can't be run ({error}): make setup"));
    String::from_utf8_lossy(&run.stderr).into_owned()
}

/// Writes a section with all fields, each of them nothing, and returns those that are named as unknown.
fn unknown_in(section: &str, fields: &[(String, bool)], says: impl Fn(&str) -> String) -> BTreeSet<String> {
    let mut text: String = fields.iter().map(|(name, _)| format!("\"{name}\": ~, ")).collect();
    text = format!("{{{text}surely_unknown: ~}}");
    for step in section.rsplit('.').filter(|step| !step.is_empty()) {
        let name = step.trim_end_matches(['[', ']', '{', '}']);
        let ways = &step[name.len()..];
        for way in [ways].iter().flat_map(|ways| {
            let mut parts: Vec<&str> = Vec::new();
            let mut rest: &str = ways;
            while rest.len() >= 2 {
                parts.push(&rest[..2]);
                rest = &rest[2..];
            }
            parts.into_iter().rev().collect::<Vec<_>>()
        }) {
            text = if way == "[]" { format!("[{text}]") } else { format!("{{key: {text}}}") };
        }
        text = format!("{{\"{name}\": {text}}}");
    }
    let said = says(&text);
    let mut unknown: BTreeSet<String> = said
        .split("field ")
        .skip(1)
        .filter(|rest| rest.contains(" not found in type"))
        .filter_map(|rest| rest.split(' ').next())
        .map(str::to_owned)
        .collect();
    assert!(unknown.remove("surely_unknown"), "`{section}` is not read at all: {text}: {said}");
    unknown
}

#[test]
fn a_field_of_another_version_says_which() {
    let text = "global:\n  keep_dropped_targets: 5\n";
    let say = |server: Option<Version>| {
        let surroundings = Surroundings { server, ..Surroundings::default() };
        let findings = check_text("f.yml", text, FileKind::Prometheus, &surroundings);
        findings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let old = "f.yml:2:3: `keep_dropped_targets` exists since Prometheus 2.47; the server is 2.42";
    assert_eq!(say(Some(OLDEST)), [old]);
    assert_eq!(say(Some(Version::new(3, 0))), [] as [&str; 0]);
    assert_eq!(say(None), [] as [&str; 0]);
}

#[test]
fn versions_are_read_as_servers_say_them() {
    for (text, version) in [
        ("2.42.0+ds", Some(Version::new(2, 42))),
        ("v3.1.0-rc.1", Some(Version::new(3, 1))),
        ("0.28", Some(Version::new(0, 28))),
        ("three", None),
    ] {
        assert_eq!(text.parse().ok(), version, "{text}");
    }
}

#[test]
fn jobs_are_listed_with_what_counts_for_them() {
    let text = "global: {scrape_interval: 30s}\n\
        scrape_configs:\n\
        - job_name: node\n  static_configs: [{targets: [a, 'b:1'], labels: {rack: 5}}]\n\
        - &pods\n  job_name: pods\n  scheme: https\n  metrics_path: /m\n  scrape_interval: 5s\n  \
          bearer_token: very-secret\n  kubernetes_sd_configs: [{role: pod}, {role: node}]\n\
        - {<<: *pods, job_name: more, basic_auth: {username: u, password: very-secret}}\n";
    let draft = Draft::read("f", text);
    let listed = jobs(draft.source.as_ref().unwrap());
    let names: Vec<_> = listed.iter().map(|job| (job.index, job.name.as_str())).collect();
    assert_eq!(names, [(0, "node"), (1, "pods"), (2, "more")]);
    let [node, pods, more] = listed.as_slice() else { panic!("three jobs") };
    assert_eq!((node.scheme.as_str(), node.path.as_str(), node.auth), ("http", "/metrics", Auth::None));
    assert_eq!((node.interval.milliseconds, node.interval.is_own, node.timeout_ms), (30_000, false, 10_000));
    assert_eq!(node.targets().collect::<Vec<_>>(), ["a", "b:1"]);
    assert_eq!(node.labels().into_iter().collect::<Vec<_>>(), [("rack", vec!["5"])]);
    assert_eq!((pods.interval.milliseconds, pods.interval.is_own, pods.timeout_ms), (5_000, true, 5_000));
    assert_eq!(pods.discoveries, [("kubernetes".to_owned(), 2)]);
    assert_eq!((pods.auth, more.auth), (Auth::Authorization, Auth::Basic));
    assert_eq!(more.scheme, "https");
    assert!(!format!("{listed:?}").contains("very-secret"));
}

#[test]
fn rules_are_listed_with_their_groups() {
    let text = "groups:\n- name: a\n  interval: 1m\n  rules:\n  - {record: r, expr: 1}\n  \
        - {alert: A, expr: up == 0, for: 5m, labels: {s: w}, annotations: {summary: x}}\n- name: b\n";
    let draft = Draft::read("f", text);
    let groups = rule_groups(draft.source.as_ref().unwrap());
    assert_eq!(groups.len(), 2);
    assert_eq!((groups[0].interval_ms, groups[1].interval_ms, groups[1].index), (Some(60_000), None, 1));
    let [record, alert] = groups[0].rules.as_slice() else { panic!("two rules") };
    assert_eq!((record.kind, record.expr.as_str(), record.group.as_str()), (RuleKind::Record, "1", "a"));
    assert_eq!((alert.kind, alert.for_ms, alert.index), (RuleKind::Alert, Some(300_000), 1));
    assert_eq!(alert.labels, [("s".to_owned(), "w".to_owned())]);
}

const KINDS: [FileKind; 5] = [
    FileKind::Prometheus,
    FileKind::ScrapeConfigs,
    FileKind::Rules,
    FileKind::FileSd,
    FileKind::Alertmanager,
];

/// Texts that look like these files: known keys with values of all kinds.
fn some_yaml() -> impl Strategy<Value = String> {
    let mut keys: Vec<String> = KINDS
        .iter()
        .flat_map(|kind| known_fields(*kind))
        .map(|field| {
            let name = field.path.rsplit('.').next().unwrap_or_default();
            name.trim_end_matches(['[', ']', '{', '}']).to_owned()
        })
        .collect();
    keys.extend(["<<", "", "x-a", "täg"].map(str::to_owned));
    keys.sort();
    keys.dedup();
    let word = prop_oneof![
        "[a-z0-9:/{}\\[\\]\"'=~!,*&|>% .$()\\\\-]{0,12}",
        Just("5s".to_owned()),
        Just("~".to_owned()),
        Just("'a@@b'".to_owned()),
        Just("\"\\\\x@@ \\n\"".to_owned()),
    ];
    let line =
        (0usize..6, any::<bool>(), prop::sample::select(keys), word).prop_map(|(depth, dash, key, word)| {
            format!("{}{}{key}: {word}\n", "  ".repeat(depth), if dash { "- " } else { "" })
        });
    prop::collection::vec(line, 0..12).prop_map(|lines| lines.concat())
}

proptest! {
    /// Whatever is in a file: findings, no panic; each stands inside of the text.
    #[test]
    fn no_text_breaks_the_checks(text in prop_oneof![some_yaml(), ".{0,80}"]) {
        let surroundings = Surroundings {
            expr: Some(&|expr| expr.find("@@").map(|start| enmon::prometheus::config::ExprMistake {
                start, end: start + 2, code: "promql".to_owned(), message: String::new(), hint: None, late: false,
            })),
            ..Surroundings::default()
        };
        for kind in KINDS {
            for finding in check_text("f", &text, kind, &surroundings) {
                let place = finding.place.unwrap_or(enmon::document::Place { line: 1, column: 1, start: 0, end: 0 });
                prop_assert!(place.start <= place.end && place.end <= text.len());
            }
            if let Some(source) = Draft::read("f", &text).source {
                jobs(&source);
                rule_groups(&source);
            }
        }
    }
}
