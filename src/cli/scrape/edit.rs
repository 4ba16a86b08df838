//! `enmon scrape add`, `edit` and `delete`: one job changes, and the file stays one that Prometheus takes.

use clap::Args;

use super::change::{Change, finish};
use super::config_file::ConfigFile;
use super::options::JobOptions;
use crate::cli::{Context, site_input};
use crate::document::{Draft, Source};
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::prometheus::job_list::{self, JobError};
use crate::prometheus::{Target, site_jobs};

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
    name: Option<String>,
    /// Add the jobs of the site: its control server, and each device that serves metrics itself
    #[arg(long)]
    from_site: bool,
    #[command(flatten)]
    options: JobOptions,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
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
    name: String,
    #[command(flatten)]
    options: JobOptions,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// Flags of `enmon scrape delete`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon scrape delete hall
  enmon scrape delete hall --dry-run")]
pub(super) struct DeleteArgs {
    /// Name of the job
    name: String,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn add(args: &AddArgs, target: Option<&Target>, context: &Context) -> Result<()> {
    let file = ConfigFile::open(target, context)?;
    let source = file.source()?;
    let jobs = match &args.name {
        Some(name) => {
            let settings = args.options.settings()?;
            if settings.targets.is_none() && settings.kubernetes.is_none() {
                return Err(Error::new(Kind::Usage, "it is not said what to scrape")
                    .hint("say --targets HOST:PORT or --kubernetes ROLE"));
            }
            vec![(name.clone(), settings.job(name).map_err(|error| unclear(name, &error))?)]
        }
        None => {
            let site = site_input::load_file(&context.global.site)?;
            // those that are there are left as they are
            let is_there =
                |name: &str| source.is_some_and(|source| job_list::position(source, name).is_some());
            site_jobs(&site.site).into_iter().filter(|(name, _)| !is_there(name)).collect()
        }
    };
    let mut text = file.text.clone();
    for (name, job) in &jobs {
        let draft = Draft::read(&file.name, &text);
        text = job_list::with_job(&text, draft.source.as_ref(), name, job.clone())
            .map_err(|error| not_edited(&error, draft.source.as_ref(), &text))?;
    }
    finished(&file, text, jobs.into_iter().map(|(name, _)| name).collect(), args.dry_run, context)
}

pub(super) fn edit(args: &EditArgs, target: Option<&Target>, context: &Context) -> Result<()> {
    let file = ConfigFile::open(target, context)?;
    let source = file.source()?.ok_or_else(|| missing(&args.name, None))?;
    let settings = args.options.settings()?;
    let text = if settings.is_empty() {
        let lines = job_list::job_text(source, &args.name)
            .map_err(|error| not_edited(&error, Some(source), &file.text))?;
        let edited = fsio::edit_text("job.yml", &lines)
            .map_err(|error| Error::from_source(Kind::Failed, "the editor has failed", &error))?;
        job_list::with_job_text(source, &args.name, &edited)
    } else {
        let mut job = job_list::job(source, &args.name).ok_or_else(|| missing(&args.name, Some(source)))?;
        settings.apply(&mut job).map_err(|error| unclear(&args.name, &error))?;
        job_list::with_changed(source, &args.name, job)
    };
    let text = text.map_err(|error| not_edited(&error, Some(source), &file.text))?;
    finished(&file, text, vec![args.name.clone()], args.dry_run, context)
}

pub(super) fn delete(args: &DeleteArgs, target: Option<&Target>, context: &Context) -> Result<()> {
    let file = ConfigFile::open(target, context)?;
    let source = file.source()?.ok_or_else(|| missing(&args.name, None))?;
    let text = job_list::without(source, &args.name)
        .map_err(|error| not_edited(&error, Some(source), &file.text))?;
    if !args.dry_run && !context.ui.confirm(&format!("Take the job `{}` out of {}?", args.name, file.name))? {
        return Err(Error::new(Kind::Failed, "nothing was changed"));
    }
    finished(&file, text, vec![args.name.clone()], args.dry_run, context)
}

fn unclear(name: &str, error: &crate::prometheus::SettingsError) -> Error {
    Error::from_source(Kind::Usage, format!("the job `{name}` can't be set so"), error)
        .hint(format!("change it in your editor: enmon scrape edit {name}"))
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
        (JobError::IsThere(name), _) => {
            Error::new(Kind::Invalid, error.to_string()).hint(format!("change it: enmon scrape edit {name}"))
        }
        _ => Error::new(Kind::Invalid, error.to_string()),
    }
}

/// Checks the whole text, shows or writes it.
fn finished(
    file: &ConfigFile,
    text: String,
    jobs: Vec<String>,
    dry_run: bool,
    context: &Context,
) -> Result<()> {
    let findings = file.check(&text, None);
    let change = Change { path: &file.path, name: &file.name, before: &file.text, after: text, what: jobs };
    finish("ScrapeChange", "enmon scrape apply", change, findings, dry_run, context)
}
