//! Outcomes as JUnit XML, for build servers: a suite for each scenario, a case for each expectation.

use std::fmt::Write as _;

use super::judge::Outcome;

/// Escapes a text for XML, and HTML; what XML 1.0 can't hold is left out.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\t' | '\n' => safe.push(letter),
            _ if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {}
            _ => safe.push(letter),
        }
    }
    safe
}

/// Writes the report. Times are those of the scenarios.
pub fn junit_report(outcomes: &[Outcome]) -> String {
    let count = |passed: bool| {
        let checks = outcomes.iter().flat_map(|outcome| &outcome.verdict.checks);
        checks.filter(|check| check.passed == passed).count()
    };
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // writing into a String can't fail
    let _ = writeln!(
        xml,
        "<testsuites name=\"enmon scenarios\" tests=\"{}\" failures=\"{}\">",
        count(true) + count(false),
        count(false)
    );
    for outcome in outcomes {
        let verdict = &outcome.verdict;
        let failures = verdict.checks.iter().filter(|check| !check.passed).count();
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\" time=\"{:.1}\">",
            escaped(&verdict.name),
            verdict.checks.len(),
            verdict.length_ms as f64 / 1000.0
        );
        for check in &verdict.checks {
            let _ = write!(
                xml,
                "    <testcase classname=\"{}\" name=\"{}\" time=\"0\"",
                escaped(&verdict.name),
                escaped(&check.name)
            );
            if check.passed {
                xml.push_str("/>\n");
            } else {
                let details = escaped(&check.details);
                let _ = writeln!(xml, ">\n      <failure message=\"{details}\"/>\n    </testcase>");
            }
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}
