//! `enmon scrape add`, `edit` and `delete`: one job changes, and the file stays one that Prometheus takes.

use std::mem::ManuallyDrop;

use clap::Args;

use super::change::{Change, finish};
use super::config_file::ConfigFile;
use super::options::{JobOptions, way_out};
use super::place::{Edited, TargetArgs, until_written};
use crate::cli::{Context, site_input};
use crate::document::{Source, Value};
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::prometheus::SettingsError;
use crate::prometheus::config::FileKind;
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
    until_written(|| {
        let file = ConfigFile::open(target, context)?;
        let source = file.source()?;
        let jobs = new_jobs(args, source, context)?;
        let mut edited: Option<Source> = None;
        for (name, job) in &jobs {
            let before = edited.as_ref().or(source);
            let after = job_list::with_job(&file.name, &file.text, before, name, job.clone());
            edited = Some(after.map_err(|error| not_edited(&error, before, &file.text))?);
        }
        let names = jobs.into_iter().map(|(name, _)| name).collect();
        finished(&file, edited.as_ref().or(source), names, args.dry_run, context)
    })
}

/// Returns the jobs that are to be added.
fn new_jobs(args: &AddArgs, source: Option<&Source>, context: &Context) -> Result<Vec<(String, Value)>> {
    let settings = args.options.settings()?;
    if let Some(name) = &args.name {
        if settings.targets.is_none() && settings.kubernetes.is_none() {
            return Err(Error::new(Kind::Usage, "it is not said what to scrape")
                .hint("say --targets HOST:PORT or --kubernetes ROLE"));
        }
        return Ok(vec![(name.clone(), settings.job(name).map_err(|error| unclear(name, &error, true))?)]);
    }
    if !settings.is_empty() {
        return Err(Error::new(Kind::Usage, "with --from-site the site file says what the jobs are")
            .hint("leave the other options out, and change jobs afterwards: enmon scrape edit NAME"));
    }
    let site = site_input::load_file(&context.global.site)?;
    // those that are there are left as they are
    let is_there = |name: &str| source.is_some_and(|source| job_list::is_there(source, name));
    Ok(site_jobs(&site.site).into_iter().filter(|(name, _)| !is_there(name)).collect())
}

/// Lines that were opened in an editor, and what came back.
struct Session {
    lines: String,
    edited: String,
}

pub(super) fn edit(args: &EditArgs, target: &TargetArgs, context: &Context) -> Result<()> {
    let settings = args.options.settings()?;
    let mut session = None;
    until_written(|| {
        let file = ConfigFile::open(target, context)?;
        let source = file.source()?.ok_or_else(|| missing(&args.name, None))?;
        let edited = if settings.is_empty() {
            let lines = job_list::job_text(source, &args.name)
                .map_err(|error| not_edited(&error, Some(source), &file.text))?;
            job_list::with_job_text(source, &args.name, &in_editor(&mut session, lines, &file.name)?.edited)
        } else {
            let mut job = job_list::job(source, &args.name)
                .map_err(|error| not_edited(&error, Some(source), &file.text))?;
            settings.apply(&mut job).map_err(|error| unclear(&args.name, &error, false))?;
            job_list::with_changed(source, &args.name, job)
        };
        let edited = edited.map_err(|error| not_edited(&error, Some(source), &file.text))?;
        // as what was read
        let edited = ManuallyDrop::new(edited);
        finished(&file, Some(&edited), vec![args.name.clone()], args.dry_run, context)
    })
}

/// Returns what came back from the editor. It is opened once: what came back is of use as long as the job is as it was.
fn in_editor<'a>(session: &'a mut Option<Session>, lines: String, file: &str) -> Result<&'a Session> {
    if session.as_ref().is_some_and(|session| session.lines != lines) {
        let message = format!("the job has been changed in {file} by somebody else meanwhile");
        return Err(Error::new(Kind::Failed, message).hint("nothing was written; try again"));
    }
    let session = match session.take() {
        Some(there) => session.insert(there),
        None => {
            let edited = fsio::edit_text("job.yml", &lines)
                .map_err(|error| Error::from_source(Kind::Failed, "the editor has failed", &error))?;
            session.insert(Session { lines, edited })
        }
    };
    Ok(session)
}

pub(super) fn delete(args: &DeleteArgs, target: &TargetArgs, context: &Context) -> Result<()> {
    let mut is_confirmed = args.dry_run;
    until_written(|| {
        let file = ConfigFile::open(target, context)?;
        let source = file.source()?.ok_or_else(|| missing(&args.name, None))?;
        let edited = job_list::without(source, &args.name);
        let edited = edited.map_err(|error| not_edited(&error, Some(source), &file.text))?;
        if !is_confirmed
            && !context.ui.confirm(&format!("Take the job `{}` out of {}?", args.name, file.name))?
        {
            return Err(Error::new(Kind::Failed, "nothing was changed"));
        }
        is_confirmed = true;
        finished(&file, Some(&edited), vec![args.name.clone()], args.dry_run, context)
    })
}

fn unclear(name: &str, error: &SettingsError, is_new: bool) -> Error {
    Error::from_source(Kind::Usage, format!("the job `{name}` can't be set so"), error)
        .hint(way_out(error, name, is_new))
}

fn missing(name: &str, source: Option<&Source>) -> Error {
    let error = Error::new(Kind::Invalid, format!("there is no job `{name}`"));
    let names = source.map(job_list::names).unwrap_or_default();
    match crate::document::nearest(name, names.iter().copied()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint("see which there are: enmon scrape list"),
    }
}

fn not_edited(error: &JobError, source: Option<&Source>, text: &str) -> Error {
    match (error, source) {
        (JobError::Edit(edit), Some(source)) => {
            let findings = [edit.finding(source)];
            Error::new(Kind::Invalid, "nothing was changed")
                .details(site_input::render_findings(&findings, |_| text))
        }
        (JobError::Missing(name), source) => missing(name, source),
        (JobError::Several { lines, .. }, _) => {
            let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
            let hint = format!(
                "they stand in lines {}; open the file in your editor: Prometheus takes one of a name",
                lines.join(" and ")
            );
            Error::new(Kind::Invalid, error.to_string()).hint(hint)
        }
        (JobError::IsThere(name), _) => {
            Error::new(Kind::Invalid, error.to_string()).hint(format!("change it: enmon scrape edit {name}"))
        }
        _ => Error::new(Kind::Invalid, error.to_string()),
    }
}

/// Checks the whole text, shows or writes it. `None`: there is nothing in it.
fn finished(
    file: &ConfigFile,
    edited: Option<&Source>,
    jobs: Vec<String>,
    dry_run: bool,
    context: &Context,
) -> Result<Edited> {
    let place = &file.place;
    let findings = edited.map(|edited| place.check_source(edited, &file.path, FileKind::Prometheus, None));
    let after = edited.map_or(file.text.as_str(), Source::text);
    let change = Change { place, path: &file.path, name: &file.name, before: &file.text, after, what: jobs };
    finish("ScrapeChange", "enmon scrape apply", change, findings.unwrap_or_default(), dry_run, context)
}
