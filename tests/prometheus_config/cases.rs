//! The files of cases: texts with a title, and what is to be found in them.
//!
//! `=== title [why]` begins a case. The text follows, then a line `--- line:column code` for each finding, `--- line:column code ?` for
//! each doubt. In brackets stands why promtool is not asked, or says something else: a version of a later server; `absent: …` where it lacks
//! the part; `stricter: …` where the server takes the text, and `looser: …` where it refuses what is only a doubt here.

use std::path::Path;

use enmon::document::{Finding, Severity};
use enmon::prometheus::config::{ExprMistake, FileKind, Files, Surroundings, Version, check_text};
use enmon::promql;

/// The version of Debian 12, which promtool has here.
pub const OLDEST: Version = Version::new(2, 42);

#[derive(Debug, Clone, PartialEq)]
pub enum Why {
    /// promtool is to agree.
    Agrees,
    /// The case is about a later server.
    Newer(Version),
    /// promtool has no such part.
    Absent,
    /// promtool takes it; the reason why it is a mistake here stands in the file.
    Stricter,
    /// promtool refuses it, and here it is a doubt; the reason stands in the file.
    Looser,
}

#[derive(Debug, Clone)]
pub struct Case {
    pub title: String,
    pub why: Why,
    pub text: String,
    pub wanted: Vec<String>,
}

impl Case {
    fn read(block: &str) -> Case {
        let (title, body) = block.split_once('\n').unwrap_or((block, ""));
        let (title, why) = match title.split_once(" [") {
            Some((title, note)) => (title, note.trim_end_matches(']')),
            None => (title, ""),
        };
        let why = match why {
            "" => Why::Agrees,
            note if note.starts_with("absent: ") => Why::Absent,
            note if note.starts_with("stricter: ") => Why::Stricter,
            note if note.starts_with("looser: ") => Why::Looser,
            version => Why::Newer(version.parse().expect("a version, or a word with a reason")),
        };
        let mut text: String =
            body.lines().filter(|line| !line.starts_with("--- ")).map(|line| format!("{line}\n")).collect();
        if title.contains("Windows") {
            text = text.replace('\n', "\r\n");
        }
        let wanted = body.lines().filter_map(|line| line.strip_prefix("--- ")).map(str::to_owned).collect();
        Case { title: title.trim().to_owned(), why, text, wanted }
    }

    /// The version that it is checked for.
    pub fn server(&self, oldest: Version) -> Version {
        match self.why {
            Why::Newer(version) => version,
            _ => oldest,
        }
    }

    pub fn findings(&self, kind: FileKind, oldest: Version) -> Vec<Finding> {
        let surroundings = Surroundings {
            files: &SomeFiles,
            server: Some(self.server(oldest)),
            expr: Some(&expression),
            template: Some(&template),
        };
        check_text("case.yml", &self.text, kind, &surroundings)
    }
}

fn expression(text: &str) -> Option<ExprMistake> {
    let promql::ParseError { span, code, message, hint } = promql::parse(text).err()?;
    let (start, end, code) = (span.start, span.end, code.as_str().to_owned());
    Some(ExprMistake { start, end, code, message, hint, late: false })
}

fn template(text: &str) -> Option<ExprMistake> {
    let error = promql::template::read(text).err()?;
    let (span, code) = (error.span, error.code.as_str().to_owned());
    let promql::template::TemplateError { message, hint, late, .. } = error;
    Some(ExprMistake { start: span.start, end: span.end, code, message, hint, late })
}

pub fn line(finding: &Finding) -> String {
    let place = finding.place.map_or("0:0".to_owned(), |place| format!("{}:{}", place.line, place.column));
    let doubt = if finding.severity == Severity::Warning { " ?" } else { "" };
    format!("{place} {}{doubt}", finding.code)
}

/// The files that there are for all cases; `lay_out` puts them there for promtool.
const FILES: [&str; 6] = ["rules.yml", "targets.json", "cert.pem", "key.pem", "token", "mail.tmpl"];

struct SomeFiles;

impl Files for SomeFiles {
    fn exists(&self, path: &str) -> bool {
        FILES.contains(&path)
    }

    fn any_match(&self, pattern: &str) -> bool {
        match pattern.split_once('*') {
            Some((begin, end)) => FILES.iter().any(|file| file.starts_with(begin) && file.ends_with(end)),
            None => self.exists(pattern),
        }
    }
}

/// Puts the files of all cases into a folder.
pub fn lay_out(folder: &Path) {
    for file in FILES {
        let text = match file {
            "rules.yml" => "groups: []\n",
            "targets.json" => "[]",
            _ => "",
        };
        std::fs::write(folder.join(file), text).unwrap();
    }
}

/// Reads a file of cases.
pub fn cases(name: &str) -> Vec<Case> {
    let path = path(name);
    let text = std::fs::read_to_string(&path).unwrap();
    let blocks = format!("\n{text}");
    blocks.split("\n=== ").skip(1).map(|block| Case::read(&block.replace('\r', ""))).collect()
}

fn path(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/prometheus_config").join(name)
}

/// Checks each case of a file, and says which differ. With `ENMON_BLESS=1` what was found is written down.
pub fn compare(name: &str, kind: FileKind, oldest: Version) -> Vec<String> {
    let cases = cases(name);
    if std::env::var_os("ENMON_BLESS").is_some() {
        let text = std::fs::read_to_string(path(name)).unwrap();
        let mut blocks = text.split("=== ").skip(1);
        let mut out = String::new();
        for case in &cases {
            let block = blocks.next().unwrap();
            out.push_str("=== ");
            for line in block.lines().filter(|line| !line.starts_with("--- ")) {
                out.push_str(line);
                out.push('\n');
            }
            for finding in case.findings(kind, oldest) {
                out.push_str(&format!("--- {}\n", line(&finding)));
            }
        }
        std::fs::write(path(name), out).unwrap();
        return Vec::new();
    }
    let differs = |case: &Case| {
        let findings = case.findings(kind, oldest);
        let found: Vec<String> = findings.iter().map(line).collect();
        let said: Vec<String> = findings.iter().map(ToString::to_string).collect();
        (found != case.wanted).then(|| format!("{}: wanted {:?}, found {said:#?}", case.title, case.wanted))
    };
    cases.iter().filter_map(differs).collect()
}
