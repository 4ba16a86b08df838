//! `enmon rule test`: promtool runs the unit tests, and this tells how they went.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::cli::Context;
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::scenario::escaped;
use crate::ui::Report;

/// Flags of `enmon rule test`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon rule test templates/rules/tests/*.yml
  enmon rule test templates/rules/tests/*.yml --junit rules.xml
  enmon rule test templates/rules/tests/*.yml -o json | jq '.files[] | select(.passed | not)'

The tests are those of Prometheus (`promtool test rules`), which must be installed.

Exit codes:
  0  all have passed
  1  one has failed")]
pub(super) struct TestArgs {
    /// Files of unit tests
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Write the outcomes as JUnit XML into this file as well
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// The program promtool, where it is not found by itself
    #[arg(long, value_name = "PROGRAM", default_value = "promtool")]
    promtool: PathBuf,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TestReport {
    api_version: &'static str,
    kind: &'static str,
    passed: bool,
    files: Vec<FileOutcome>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FileOutcome {
    file: String,
    passed: bool,
    /// What promtool said.
    said: String,
}

pub(super) fn run(args: &TestArgs, context: &Context) -> Result<()> {
    let mut files = Vec::new();
    for path in &args.files {
        if !fsio::is_file(path) {
            return Err(Error::new(Kind::Invalid, format!("there is no file {}", path.display())));
        }
        let arguments = ["test".into(), "rules".into(), path.clone().into_os_string()];
        let ended = fsio::run(&args.promtool, &arguments).map_err(|error| {
            Error::from_source(Kind::Failed, format!("{} can't be started", args.promtool.display()), &error)
                .hint("it comes with Prometheus: apt-get install prometheus")
        })?;
        files.push(FileOutcome {
            file: path.display().to_string(),
            passed: ended.succeeded,
            said: said(&ended.output),
        });
    }
    if let Some(junit) = &args.junit {
        fsio::write_atomically(junit, junit_report(&files).as_bytes(), 0o644)
            .map_err(|error| Error::from_source(Kind::Failed, "the JUnit file can't be written", &error))?;
    }
    let failed = files.iter().filter(|file| !file.passed).count();
    let report = TestReport { api_version: "enmon/v1", kind: "RuleTest", passed: failed == 0, files };
    context.ui.print(&report)?;
    if failed == 0 {
        return Ok(());
    }
    Err(Error::new(Kind::Failed, format!("{failed} of {} files of tests have failed", report.files.len())))
}

/// What was said, without the words that say nothing.
fn said(output: &str) -> String {
    let lines = output.lines().map(str::trim_end).filter(|line| !line.is_empty());
    let lines = lines.filter(|line| {
        !line.starts_with("Unit Testing:") && line.trim() != "SUCCESS" && line.trim() != "FAILED:"
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn junit_report(files: &[FileOutcome]) -> String {
    let failures = files.iter().filter(|file| !file.passed).count();
    let head = format!(
        "<testsuite name=\"rules\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\">\n",
        files.len()
    );
    let mut xml = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  {head}");
    for file in files {
        let case = format!("    <testcase classname=\"rules\" name=\"{}\" time=\"0\"", escaped(&file.file));
        xml.push_str(&case);
        if file.passed {
            xml.push_str("/>\n");
        } else {
            xml.push_str(&format!(
                ">\n      <failure message=\"{}\"/>\n    </testcase>\n",
                escaped(&file.said)
            ));
        }
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

impl Report for TestReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        for file in &self.files {
            if file.passed {
                writeln!(out, "\x1b[1;32mpassed\x1b[0m  {}", file.file)?;
            } else {
                writeln!(out, "\x1b[1;31mfailed\x1b[0m  {}", file.file)?;
                for line in file.said.lines() {
                    writeln!(out, "        {line}")?;
                }
            }
        }
        Ok(())
    }
}
