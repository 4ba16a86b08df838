//! `enmon rule add`, `edit` and `delete`: one rule changes, and the file stays one that Prometheus takes.

use std::path::PathBuf;

use clap::Args;

use super::files::{self, RuleFile};
use crate::cli::scrape::{Change, Edited, Place, TargetArgs, finish, refusal, shell_word, until_written};
use crate::cli::{Context, site_input};
use crate::document::Source;
use crate::error::{Error, Kind, Result};
use crate::prometheus::config::{FileKind, RuleKind, is_late, refuse_new_late};
use crate::prometheus::rule_choice::{Candidate, Telling};
use crate::prometheus::rule_settings::{with_changed_rule, with_rule, without_rule};
use crate::prometheus::{RuleChoice, RuleError, RuleSettings};

/// What the options say of a rule.
#[derive(Debug, Args)]
struct RuleOptions {
    /// Expression in PromQL
    #[arg(long, value_name = "PROMQL")]
    expr: Option<String>,
    /// How long the expression must hold before the alert fires
    #[arg(long = "for", value_name = "TIME")]
    hold: Option<String>,
    /// How long the alert stays on after that
    #[arg(long, value_name = "TIME")]
    keep_firing_for: Option<String>,
    /// The label `severity`, such as warning or critical
    #[arg(long, value_name = "WORD")]
    severity: Option<String>,
    /// The annotation `summary`; templates such as {{ $labels.circuit }} are filled in
    #[arg(long, value_name = "TEXT")]
    summary: Option<String>,
    /// Label that is added; may be repeated. NAME= takes a label away
    #[arg(long = "label", value_name = "NAME=VALUE")]
    labels: Vec<String>,
    /// Annotation; may be repeated. NAME= takes one away
    #[arg(long = "annotation", value_name = "NAME=TEXT")]
    annotations: Vec<String>,
}

impl RuleOptions {
    fn settings(&self) -> Result<RuleSettings> {
        let named = |name: &str, value: &Option<String>| value.clone().map(|value| (name.to_owned(), value));
        let mut labels: Vec<(String, String)> = named("severity", &self.severity).into_iter().collect();
        labels.extend(pairs(&self.labels)?);
        let mut annotations: Vec<(String, String)> = named("summary", &self.summary).into_iter().collect();
        annotations.extend(pairs(&self.annotations)?);
        Ok(RuleSettings {
            expr: self.expr.clone(),
            hold: self.hold.clone(),
            keep_firing_for: self.keep_firing_for.clone(),
            labels,
            annotations,
        })
    }
}

fn pairs(words: &[String]) -> Result<Vec<(String, String)>> {
    let pair = |word: &String| {
        let (name, value) = word.split_once('=').ok_or_else(|| {
            Error::new(Kind::Usage, format!("`{word}` has no `=`"))
                .hint("write NAME=VALUE, such as team=hall")
        })?;
        Ok((name.to_owned(), value.to_owned()))
    };
    words.iter().map(pair).collect()
}

/// Flags of `enmon rule add`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon rule add HallHot --group hall --expr 'hall_temperature_celsius > 40' --for 5m --severity warning
  enmon rule add hall:power:sum --record --group hall --expr 'sum by (hall) (hall_power_watts)' --file rules/hall.yml
  enmon rule add HallHot --group hall --expr 'hall_temperature_celsius > 40' --file rules/new.yml --dry-run")]
pub(super) struct AddArgs {
    /// Name of the alert, or of the series that is recorded
    name: String,
    /// Group that it is added to; made when it is not there
    #[arg(long, value_name = "NAME")]
    group: String,
    /// A recording rule instead of an alert
    #[arg(long, conflicts_with_all = ["hold", "keep_firing_for", "summary", "annotations"])]
    record: bool,
    #[command(flatten)]
    options: RuleOptions,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Which rule is meant.
#[derive(Debug, Args)]
struct ChoiceArgs {
    /// Name of the alert, or of the series that is recorded
    name: String,
    /// Group, where several have a rule of this name
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// Label that the rule has, where several have this name; may be repeated. NAME= means one that it lacks
    #[arg(long = "where", value_name = "NAME=VALUE")]
    has_labels: Vec<String>,
    /// Line of the file on which the rule stands, where several have this name
    #[arg(long, value_name = "NUMBER")]
    line: Option<usize>,
}

impl ChoiceArgs {
    fn choice(&self) -> Result<RuleChoice> {
        Ok(RuleChoice {
            name: self.name.clone(),
            group: self.group.clone(),
            labels: pairs(&self.has_labels)?,
            line: self.line,
        })
    }
}

/// Where the rule is.
#[derive(Debug, Args)]
struct PlaceArgs {
    /// Rule file; without it, the only one that the configuration names
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Flags of `enmon rule edit`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon rule edit HallHot --for 10m
  enmon rule edit HallHot --where severity=critical --for 2m
  enmon rule edit HallHot --expr 'hall_temperature_celsius > 45' --annotation runbook=docs/hall.md --dry-run")]
pub(super) struct EditArgs {
    #[command(flatten)]
    choice: ChoiceArgs,
    #[command(flatten)]
    options: RuleOptions,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Flags of `enmon rule delete`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon rule delete HallHot
  enmon rule delete HallHot --group hall --where severity=warning --dry-run")]
pub(super) struct DeleteArgs {
    #[command(flatten)]
    choice: ChoiceArgs,
    #[command(flatten)]
    place: PlaceArgs,
}

pub(super) fn add(args: &AddArgs, target: &TargetArgs, context: &Context) -> Result<()> {
    let (place, path) = files::the_one(args.place.file.as_ref(), target, context)?;
    let settings = args.options.settings()?;
    if settings.expr.is_none() {
        return Err(Error::new(Kind::Usage, "the rule has no expression").hint("say --expr PROMQL"));
    }
    let kind = if args.record { RuleKind::Record } else { RuleKind::Alert };
    let words = target.words(context);
    until_written(|| {
        // a file that is not there begins with the rule
        let file = RuleFile::read_or_begin(&place, &path)?;
        let rule = settings.rule(kind, &args.name);
        let text = with_rule(&file.name, &file.text, source(&file)?, &args.group, &args.name, rule);
        written(&place, &file, text, &args.name, args.place.dry_run, (&words, context))
    })
}

pub(super) fn edit(args: &EditArgs, target: &TargetArgs, context: &Context) -> Result<()> {
    let (place, path) = files::the_one(args.place.file.as_ref(), target, context)?;
    let settings = args.options.settings()?;
    if settings.is_empty() {
        return Err(
            Error::new(Kind::Usage, "it is not said what to change").hint("say --expr, --for, --label …")
        );
    }
    let choice = args.choice.choice()?;
    let words = target.words(context);
    until_written(|| {
        let file = RuleFile::read(&place, &path)?;
        let source = source(&file)?.ok_or_else(|| missing(&choice.name, &words))?;
        let text = with_changed_rule(source, &choice, &settings);
        written(&place, &file, text, &choice.name, args.place.dry_run, (&words, context))
    })
}

pub(super) fn delete(args: &DeleteArgs, target: &TargetArgs, context: &Context) -> Result<()> {
    let (place, path) = files::the_one(args.place.file.as_ref(), target, context)?;
    let choice = args.choice.choice()?;
    let mut is_confirmed = args.place.dry_run;
    let words = target.words(context);
    until_written(|| {
        let file = RuleFile::read(&place, &path)?;
        let source = source(&file)?.ok_or_else(|| missing(&choice.name, &words))?;
        let text = without_rule(source, &choice);
        if text.is_ok() && !is_confirmed {
            if !context.ui.confirm(&format!("Take the rule `{}` out of {}?", choice.name, file.name))? {
                return Err(Error::new(Kind::Failed, "nothing was changed"));
            }
            is_confirmed = true;
        }
        written(&place, &file, text, &choice.name, args.place.dry_run, (&words, context))
    })
}

/// `words`: the flags that say where the configuration is, for the commands that hints name.
fn missing(name: &str, words: &str) -> Error {
    Error::new(Kind::Invalid, format!("there is no rule `{name}`"))
        .hint(format!("see which there are: enmon rule list{words}"))
}

fn source(file: &RuleFile) -> Result<Option<&Source>> {
    let is_empty =
        file.draft.source.is_none() && file.draft.findings.iter().all(|finding| finding.code == "empty");
    if file.draft.has_errors() && !is_empty || !file.is_mapping() {
        return Err(refusal(&file.name, &file.text, &file.form_mistakes()));
    }
    Ok(file.draft.source.as_ref())
}

fn written(
    place: &Place,
    file: &RuleFile,
    edited: Result<Source, RuleError>,
    rule: &str,
    dry_run: bool,
    (words, context): (&str, &Context),
) -> Result<Edited> {
    let edited = edited.map_err(|error| match (&error, &file.draft.source) {
        (RuleError::Edit(edit), Some(source)) => {
            let findings = [edit.finding(source)];
            Error::new(Kind::Invalid, "nothing was changed")
                .details(site_input::render_findings(&findings, |_| &file.text))
        }
        (RuleError::Missing(name), _) => missing(name, words),
        (RuleError::NoneFits { candidates, .. }, _) => {
            with_candidates(Error::new(Kind::Invalid, error.to_string()), candidates)
                .hint("those above have its name; say which with --group, --where or --line")
        }
        (RuleError::Several { candidates, .. }, _) => {
            with_candidates(Error::new(Kind::Usage, error.to_string()), candidates)
                .hint(format!("say which with {}", tellings(candidates)))
        }
        (RuleError::IsThere { line, .. }, _) => Error::new(Kind::Invalid, error.to_string())
            .hint(format!("change it: enmon rule edit {} --line {line}{words}", shell_word(rule))),
        (RuleError::Edit(_), None) => Error::new(Kind::Invalid, error.to_string()),
    })?;
    let mut findings = place.check_source(&edited, &file.path, FileKind::Rules, None);
    if let Some(source) = file.draft.source.as_ref().filter(|_| findings.iter().any(is_late)) {
        let before = place.check_source(source, &file.path, FileKind::Rules, None);
        refuse_new_late(&before, &mut findings);
    } else {
        refuse_new_late(&[], &mut findings);
    }
    let change = Change {
        place,
        path: &file.path,
        name: &file.name,
        before: &file.text,
        after: edited.text(),
        what: vec![rule.to_owned()],
    };
    finish("RuleChange", &format!("enmon rule apply{words}"), change, findings, dry_run, context)
}

/// At most so many rules are shown that may be meant.
const MOST_CANDIDATES: usize = 20;

fn with_candidates(error: Error, candidates: &[Candidate]) -> Error {
    let mut error =
        candidates.iter().take(MOST_CANDIDATES).fold(error, |error, one| error.cause(one.to_string()));
    let more = candidates.len().saturating_sub(MOST_CANDIDATES);
    if more > 0 {
        error = error.cause(format!("and {more} more"));
    }
    error
}

/// Writes the flags that tell the first candidates from the others.
fn tellings(candidates: &[Candidate]) -> String {
    let flags = candidates.iter().take(2).map(|one| match one.told_by(candidates) {
        Telling::Group(name) => format!("--group {}", shell_word(name)),
        Telling::Label(name, value) => format!("--where {}", shell_word(&format!("{name}={value}"))),
        Telling::Line(line) => format!("--line {line}"),
    });
    flags.collect::<Vec<_>>().join(" or ")
}
