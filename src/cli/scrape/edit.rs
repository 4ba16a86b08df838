//! `enmon scrape add`, `edit` and `delete`: one job changes, and the file stays one that Prometheus takes.

use std::mem::ManuallyDrop;

use clap::Args;

use super::change::{Change, excuse, finish, unchanged};
use super::config_file::{ConfigFile, refusal};
use super::editor::{Attempt, Mistakes, edit_lines, mistakes};
use super::options::{JobOptions, way_out};
use super::place::{Edited, TargetArgs, shell_word, until_written};
use crate::cli::{Context, site_input};
use crate::document::{Finding, Severity, Source, Value, read_typed, typed_name};
use crate::error::{Error, Kind, Result};
use crate::prometheus::SettingsError;
use crate::prometheus::config::{FileKind, is_refused};
use crate::prometheus::job_list::{self, JobError};
use crate::prometheus::site_jobs;

/// Flags of `enmon scrape add`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon scrape add hall --targets 10.0.0.5:9100,10.0.0.6:9100 --interval 15s --label circuit=row-1
  enmon scrape add cabinet --targets cabinet:8663 --scheme https --tls-ca /etc/prometheus/site-ca.pem
  enmon scrape add pods --kubernetes pod
  enmon scrape add --from-site --dry-run")]
pub(super) struct AddArgs {
    /// Name of the job
    #[arg(required_unless_present = "from_site", conflicts_with = "from_site")]
    pub(super) name: Option<String>,
    /// Add the jobs of the site: its control server, and each device that serves metrics itself
    #[arg(long)]
    from_site: bool,
    #[command(flatten)]
    pub(super) options: JobOptions,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// Flags of `enmon scrape edit`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon scrape edit hall --interval 30s --label circuit=row-2
  enmon scrape edit hall --label old=
  EDITOR=nano enmon scrape edit hall

Without options the job opens in your editor (VISUAL, EDITOR, or vi). What you save is checked with the whole file.")]
pub(super) struct EditArgs {
    /// Name of the job
    pub(super) name: String,
    #[command(flatten)]
    pub(super) options: JobOptions,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// Flags of `enmon scrape delete`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon scrape delete hall
  enmon scrape delete hall --dry-run")]
pub(super) struct DeleteArgs {
    /// Name of the job
    pub(super) name: String,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

pub(super) fn add(args: &AddArgs, target: &TargetArgs, context: &Context) -> Result<()> {
    let words = target.words(context);
    until_written(|| {
        let file = ConfigFile::open(target, context)?;
        let source = file.source()?;
        let jobs = new_jobs(args, source, &words, context)?;
        let mut edited: Option<Source> = None;
        for (name, job) in &jobs {
            let before = edited.as_ref().or(source);
            let after = job_list::with_job(&file.name, &file.text, before, name, job.clone());
            edited = Some(after.map_err(|error| not_edited(&error, before, &file.text, &words))?);
        }
        let names = jobs.into_iter().map(|(name, _)| name).collect();
        let edited = edited.as_ref().or(source);
        let findings = checked(&file, edited);
        finished(&file, edited, findings, names, args.dry_run, (target, context))
    })
}

/// Returns the jobs that are to be added.
fn new_jobs(
    args: &AddArgs,
    source: Option<&Source>,
    words: &str,
    context: &Context,
) -> Result<Vec<(String, Value)>> {
    let settings = args.options.settings()?;
    if let Some(name) = &args.name {
        if settings.targets.is_none() && settings.kubernetes.is_none() {
            return Err(Error::new(Kind::Usage, "it is not said what to scrape")
                .hint("say --targets HOST:PORT or --kubernetes ROLE"));
        }
        return Ok(vec![(
            name.clone(),
            settings.job(name).map_err(|error| unclear(name, &error, true, words))?,
        )]);
    }
    if !settings.is_empty() {
        return Err(Error::new(Kind::Usage, "with --from-site the site file says what the jobs are").hint(
            format!("leave the other options out, and change jobs afterwards: enmon scrape edit NAME{words}"),
        ));
    }
    let site = site_input::load_file(&context.global.site)?;
    // those that are there are left as they are
    let is_there = |name: &str| source.is_some_and(|source| job_list::is_there(source, name));
    Ok(site_jobs(&site.site).into_iter().filter(|(name, _)| !is_there(name)).collect())
}

pub(super) fn edit(args: &EditArgs, target: &TargetArgs, context: &Context) -> Result<()> {
    let settings = args.options.settings()?;
    if settings.is_empty() {
        return edit_in_editor(args, target, context);
    }
    let words = target.words(context);
    until_written(|| {
        let file = ConfigFile::open(target, context)?;
        let source = file.source()?.ok_or_else(|| missing(&args.name, None, &words))?;
        let failed = |error: &JobError| not_edited(error, Some(source), &file.text, &words);
        let mut job = job_list::job(source, &args.name).map_err(|error| failed(&error))?;
        settings.apply(&mut job).map_err(|error| unclear(&args.name, &error, false, &words))?;
        let edited = job_list::with_changed(source, &args.name, job).map_err(|error| failed(&error))?;
        // as what was read
        let edited = ManuallyDrop::new(edited);
        let findings = checked(&file, Some(&edited));
        finished(&file, Some(&edited), findings, vec![args.name.clone()], args.dry_run, (target, context))
    })
}

/// Opens the lines of a job in the person's editor.
fn edit_in_editor(args: &EditArgs, target: &TargetArgs, context: &Context) -> Result<()> {
    let words = target.words(context);
    let file = ConfigFile::open(target, context)?;
    let source = file.source()?.ok_or_else(|| missing(&args.name, None, &words))?;
    let lines = job_list::job_text(source, &args.name)
        .map_err(|error| not_edited(&error, Some(source), &file.text, &words))?;
    let is_changed =
        edit_lines(&lines, context, |typed| put_in_place(args, &lines, typed, (target, context)))?;
    if is_changed {
        return Ok(());
    }
    unchanged("ScrapeChange", &file.name, vec![args.name.clone()], args.dry_run, context)
}

/// Puts typed lines in the place of those that were opened, in the file as it is now.
fn put_in_place(
    args: &EditArgs,
    opened: &str,
    typed: &str,
    (target, context): (&TargetArgs, &Context),
) -> Result<Attempt> {
    if let Err(findings) = read_typed("job", typed) {
        return Ok(Attempt::Mistaken(mistakes(&typed_name("job"), typed, findings)));
    }
    let mut found = None;
    until_written(|| {
        let file = ConfigFile::open(target, context)?;
        let overtaken = || overtaken(&file.name);
        let source = file.source()?.ok_or_else(overtaken)?;
        if !job_list::job_text(source, &args.name).is_ok_and(|lines| lines == opened) {
            return Err(overtaken());
        }
        let edited = match job_list::with_job_text(source, &args.name, typed) {
            // as what was read
            Ok(edited) => ManuallyDrop::new(edited),
            Err(error) => {
                found = Some(not_fitting(&error, &file.name));
                return Ok(Edited::Yes);
            }
        };
        let mut findings = checked(&file, Some(&edited));
        excuse(&file.place, &file.path, &file.text, &mut findings);
        if is_refused(&findings) {
            let error = refusal(&file.name, edited.text(), &findings).hint("nothing was written");
            let first_line = job_list::first_line(source, &args.name).unwrap_or(1);
            found = Some(Mistakes { error, findings, first_line });
            return Ok(Edited::Yes);
        }
        finished(&file, Some(&edited), findings, vec![args.name.clone()], args.dry_run, (target, context))
    })?;
    Ok(found.map_or(Attempt::Done, Attempt::Mistaken))
}

fn overtaken(file: &str) -> Error {
    Error::new(Kind::Failed, format!("the job has been changed in {file} by somebody else meanwhile"))
        .hint("nothing was written; try again")
}

/// Says why lines that are right alone can't stand in the file.
fn not_fitting(error: &JobError, file: &str) -> Mistakes {
    let reason = match error {
        JobError::Edit(edit) => edit.reason.clone(),
        other => other.to_string(),
    };
    let finding = Finding {
        severity: Severity::Error,
        code: "not-fitting".to_owned(),
        message: format!("these lines can't stand in the file: {reason}"),
        file: file.to_owned(),
        place: None,
        hint: None,
    };
    let findings = vec![finding];
    let error = Error::new(Kind::Invalid, "the job can't stand in the file as you wrote it")
        .details(site_input::render_findings(&findings, |_| ""))
        .hint("nothing was written");
    Mistakes { error, findings, first_line: 1 }
}

pub(super) fn delete(args: &DeleteArgs, target: &TargetArgs, context: &Context) -> Result<()> {
    let words = target.words(context);
    let mut is_confirmed = args.dry_run;
    until_written(|| {
        let file = ConfigFile::open(target, context)?;
        let source = file.source()?.ok_or_else(|| missing(&args.name, None, &words))?;
        let edited = job_list::without(source, &args.name);
        let edited = edited.map_err(|error| not_edited(&error, Some(source), &file.text, &words))?;
        if !is_confirmed
            && !context.ui.confirm(&format!("Take the job `{}` out of {}?", args.name, file.name))?
        {
            return Err(Error::new(Kind::Failed, "nothing was changed"));
        }
        is_confirmed = true;
        let findings = checked(&file, Some(&edited));
        finished(&file, Some(&edited), findings, vec![args.name.clone()], args.dry_run, (target, context))
    })
}

// `words`: the flags that say where the configuration is, for the commands that hints name

fn unclear(name: &str, error: &SettingsError, is_new: bool, words: &str) -> Error {
    Error::from_source(Kind::Usage, format!("the job `{name}` can't be set so"), error).hint(way_out(
        error,
        &format!("{}{words}", shell_word(name)),
        is_new,
    ))
}

fn missing(name: &str, source: Option<&Source>, words: &str) -> Error {
    let error = Error::new(Kind::Invalid, format!("there is no job `{name}`"));
    let names = source.map(job_list::names).unwrap_or_default();
    match crate::document::nearest(name, names.iter().copied()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(format!("see which there are: enmon scrape list{words}")),
    }
}

fn not_edited(error: &JobError, source: Option<&Source>, text: &str, words: &str) -> Error {
    match (error, source) {
        (JobError::Edit(edit), Some(source)) => {
            let findings = [edit.finding(source)];
            Error::new(Kind::Invalid, "nothing was changed")
                .details(site_input::render_findings(&findings, |_| text))
        }
        (JobError::Missing(name), source) => missing(name, source, words),
        (JobError::Several { lines, .. }, _) => {
            let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
            let hint = format!(
                "they stand in lines {}; open the file in your editor: Prometheus takes one of a name",
                lines.join(" and ")
            );
            Error::new(Kind::Invalid, error.to_string()).hint(hint)
        }
        (JobError::IsThere(name), _) => Error::new(Kind::Invalid, error.to_string())
            .hint(format!("change it: enmon scrape edit {}{words}", shell_word(name))),
        _ => Error::new(Kind::Invalid, error.to_string()),
    }
}

/// Checks the whole file as it is to be. `None`: there is nothing in it.
fn checked(file: &ConfigFile, edited: Option<&Source>) -> Vec<Finding> {
    let checked = |edited| file.place.check_source(edited, &file.path, FileKind::Prometheus, None);
    edited.map(checked).unwrap_or_default()
}

/// Shows or writes the whole text.
fn finished(
    file: &ConfigFile,
    edited: Option<&Source>,
    findings: Vec<Finding>,
    jobs: Vec<String>,
    dry_run: bool,
    (target, context): (&TargetArgs, &Context),
) -> Result<Edited> {
    let after = edited.map_or(file.text.as_str(), Source::text);
    let place = &file.place;
    let change = Change { place, path: &file.path, name: &file.name, before: &file.text, after, what: jobs };
    let next = format!("enmon scrape apply{}", target.words(context));
    finish("ScrapeChange", &next, change, findings, dry_run, context)
}
