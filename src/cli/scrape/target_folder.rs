//! `enmon scrape … --target file_sd:FOLDER`: each job is a file of targets, which a server that watches the folder reads by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::apply::{ApplyArgs, ApplyReport};
use super::change::{Change, finish, unchanged};
use super::check::{self, CheckArgs, FileReport};
use super::edit::{AddArgs, DeleteArgs, EditArgs};
use super::editor::{Attempt, edit_lines, mistakes};
use super::options::way_out;
use super::place::{Edited, Place, until_written, unusable};
use crate::cli::site_server::server_failed;
use crate::cli::{Context, site_input};
use crate::document::{Draft, Source, nearest};
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::prometheus::config::{FileKind, is_refused};
use crate::prometheus::target_files::{
    self, EXTENSIONS, TargetFileError, TargetGroup, changed, demand_expressible, difference, groups, new_file,
};
use crate::prometheus::{Server, is_key};
use crate::ui::{Cell, Column, Report, Table};

/// Time between two looks at a server that has not read a file yet.
const PACE: Duration = Duration::from_millis(500);
/// How long a server may take. It is told by the kernel, and looks by itself every 5 minutes when it is not (`refresh_interval`).
const USUAL_WAIT: Duration = Duration::from_secs(30);

/// A folder of target files.
pub(super) struct TargetFolder {
    path: PathBuf,
    place: Place,
}

/// A target file as it was read.
struct TargetFile {
    job: String,
    path: PathBuf,
    name: String,
    text: String,
    draft: Draft,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ListReport {
    api_version: &'static str,
    kind: &'static str,
    folder: String,
    items: Vec<GroupItem>,
}

/// A group of targets.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct GroupItem {
    name: String,
    file: String,
    targets: Vec<String>,
    labels: BTreeMap<String, String>,
}

impl TargetFolder {
    pub(super) fn new(path: PathBuf) -> Result<Self> {
        Ok(TargetFolder { path, place: Place::disk()? })
    }

    fn files(&self) -> Result<Vec<TargetFile>> {
        let texts = fsio::read_texts_in(&self.path, &EXTENSIONS).map_err(|error| unreadable(&error))?;
        let file = |(path, text): (PathBuf, String)| {
            let job = target_files::job_of(&path)?.to_owned();
            let name = path.display().to_string();
            Some(TargetFile { job, draft: Draft::read(&name, &text), path, name, text })
        };
        Ok(texts.into_iter().filter_map(file).collect())
    }

    /// Finds the one file of a job.
    fn file(&self, job: &str) -> Result<TargetFile> {
        let mut files = self.files()?;
        let (mut there, others): (Vec<_>, Vec<_>) = files.drain(..).partition(|file| file.job == job);
        match (there.pop(), there.pop()) {
            (Some(file), None) => Ok(file),
            (Some(one), Some(other)) => Err(Error::new(
                Kind::Invalid,
                format!("two files are named `{job}`: {} and {}", other.name, one.name),
            )),
            (None, _) => {
                let error =
                    Error::new(Kind::Invalid, format!("there is no file `{job}` in {}", self.path.display()));
                Err(match nearest(job, others.iter().map(|file| file.job.as_str())) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error.hint("see which there are: enmon scrape list"),
                })
            }
        }
    }

    pub(super) fn list(&self, context: &Context) -> Result<()> {
        let item = |file: &TargetFile, group: TargetGroup| GroupItem {
            name: file.job.clone(),
            file: file.name.clone(),
            targets: group.targets,
            labels: group.labels,
        };
        let mut items = Vec::new();
        for file in self.files()? {
            let groups = file.draft.source.as_ref().map(groups).unwrap_or_default();
            items.extend(groups.into_iter().map(|group| item(&file, group)));
        }
        context.ui.print(&ListReport {
            api_version: "enmon/v1",
            kind: "TargetFileList",
            folder: self.path.display().to_string(),
            items,
        })
    }

    pub(super) fn add(&self, args: &AddArgs, context: &Context) -> Result<()> {
        let Some(job) = &args.name else {
            return Err(Error::new(
                Kind::Usage,
                "--from-site makes jobs, and a target file holds only targets",
            )
            .hint("name a configuration: --target file:PATH or configmap:NAMESPACE/NAME"));
        };
        if !is_key(job) || job.starts_with('.') {
            return Err(Error::new(Kind::Usage, format!("`{job}` can't be the name of a target file"))
                .hint("take letters, digits, `-`, `_` and `.`"));
        }
        let settings = args.options.settings()?;
        demand_expressible(&settings).map_err(|error| not_edited(job, &error, None, ""))?;
        if settings.targets.as_ref().is_none_or(Vec::is_empty) {
            return Err(
                Error::new(Kind::Usage, "it is not said what to scrape").hint("say --targets HOST:PORT")
            );
        }
        if let Some(there) = self.files()?.into_iter().find(|file| file.job == *job) {
            return Err(Error::new(Kind::Invalid, format!("there is a file {} already", there.name))
                .hint(format!("change it: enmon scrape edit {job}")));
        }
        let path = self.path.join(format!("{job}.yml"));
        let name = path.display().to_string();
        let new = new_file(&name, &settings).map_err(|error| not_edited(job, &error, None, ""))?;
        until_written(|| self.finished(job, &path, "", &new, args.dry_run, context))
    }

    pub(super) fn edit(&self, args: &EditArgs, context: &Context) -> Result<()> {
        let settings = args.options.settings()?;
        if settings.is_empty() {
            return self.edit_in_editor(args, context);
        }
        until_written(|| {
            let file = self.file(&args.name)?;
            let source = file.source()?;
            let edited = changed(source, &settings)
                .map_err(|error| not_edited(&file.job, &error, Some(source), &file.text))?;
            let edited = edited.as_ref().unwrap_or(source);
            self.finished(&file.job, &file.path, &file.text, edited, args.dry_run, context)
        })
    }

    fn edit_in_editor(&self, args: &EditArgs, context: &Context) -> Result<()> {
        let file = self.file(&args.name)?;
        let is_changed = edit_lines(&file.text, context, |typed| {
            let draft = Draft::read(&file.name, typed);
            let Some(source) = draft.source.as_ref().filter(|_| !draft.has_errors()) else {
                return Ok(Attempt::Mistaken(mistakes(&file.name, typed, draft.findings)));
            };
            let findings = self.place.check_source(source, &file.path, FileKind::FileSd, None);
            if is_refused(&findings) {
                return Ok(Attempt::Mistaken(mistakes(&file.name, typed, findings)));
            }
            match self.finished(&file.job, &file.path, &file.text, source, args.dry_run, context)? {
                Edited::Yes => Ok(Attempt::Done),
                Edited::Overtaken(error) => Err(unusable(&error)),
            }
        })?;
        if is_changed {
            return Ok(());
        }
        unchanged("ScrapeChange", &file.name, vec![file.job.clone()], args.dry_run, context)
    }

    fn finished(
        &self,
        job: &str,
        path: &Path,
        before: &str,
        after: &Source,
        dry_run: bool,
        context: &Context,
    ) -> Result<Edited> {
        let findings = self.place.check_source(after, path, FileKind::FileSd, None);
        let name = path.display().to_string();
        let change = Change {
            place: &self.place,
            path,
            name: &name,
            before,
            after: after.text(),
            what: vec![job.to_owned()],
        };
        finish("ScrapeChange", "a moment, since it watches the folder", change, findings, dry_run, context)
    }

    pub(super) fn delete(&self, args: &DeleteArgs, context: &Context) -> Result<()> {
        let file = self.file(&args.name)?;
        if args.dry_run {
            context.ui.say(&format!("{} would go; nothing was changed", file.name));
            return Ok(());
        }
        if !context.ui.confirm(&format!("Remove {}?", file.name))? {
            return Err(Error::new(Kind::Failed, "nothing was changed"));
        }
        let kept = fsio::beside(&file.path, "bak");
        fsio::rename_file(&file.path, &kept).map_err(|error| {
            Error::from_source(Kind::Failed, format!("{} can't be removed", file.name), &error)
        })?;
        context.ui.say(&format!("{} is gone; its text is in {}", file.name, kept.display()));
        Ok(())
    }

    pub(super) fn check(&self, args: &CheckArgs, context: &Context) -> Result<()> {
        check::finish(self.reports(args.server_version)?, context)
    }

    fn reports(&self, server: Option<crate::prometheus::config::Version>) -> Result<Vec<FileReport>> {
        let report = |file: TargetFile| {
            let findings = self.place.check_text(&file.path, &file.text, FileKind::FileSd, server);
            check::reported(&file.name, &file.text, findings)
        };
        Ok(self.files()?.into_iter().map(report).collect())
    }

    /// Waits until a server has found what the folder says. Nothing is reloaded: it watches the folder.
    pub(super) fn apply(&self, args: &ApplyArgs, context: &Context) -> Result<()> {
        check::demand_right(&self.reports(None)?)?;
        let wanted = self.wanted()?;
        let Some((server, address)) = args.server.known(context)? else {
            context.ui.say(&format!(
                "the files in {} are right; with --server it is looked up whether a server has found them",
                self.path.display()
            ));
            return Ok(());
        };
        let server_version = self.place.wait(server.version()).map_err(|error| server_failed(&error))?;
        if !args.dry_run {
            let wait = args.wait.map_or(USUAL_WAIT, |wait| wait.0);
            self.place.wait(self.found(&server, &wanted, wait))?;
        }
        context.ui.print(&ApplyReport {
            api_version: "enmon/v1",
            kind: "ScrapeApply",
            dry_run: args.dry_run,
            file: self.path.display().to_string(),
            server: address,
            server_version,
            jobs: wanted.len(),
        })
    }

    /// Returns the targets of each file.
    fn wanted(&self) -> Result<BTreeMap<String, BTreeSet<String>>> {
        let mut wanted = BTreeMap::new();
        for file in self.files()? {
            let groups = file.draft.source.as_ref().map(groups).unwrap_or_default();
            let name = file.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            wanted.insert(name, groups.into_iter().flat_map(|group| group.targets).collect());
        }
        Ok(wanted)
    }

    async fn found(
        &self,
        server: &Server,
        wanted: &BTreeMap<String, BTreeSet<String>>,
        at_most: Duration,
    ) -> Result<()> {
        let path = fsio::followed(&self.path);
        let folder = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let begin = Instant::now();
        loop {
            let found = server.targets_of_files().await.map_err(|error| server_failed(&error))?;
            let Some(difference) = difference(&folder, wanted, &found) else { return Ok(()) };
            if begin.elapsed() + PACE > at_most {
                let message = format!("the server does not go by {}", self.path.display());
                return Err(Error::new(Kind::Failed, message).cause(difference).hint(format!(
                    "does it have a job with file_sd_configs: [{{files: ['{}/*.yml']}}]? --wait gives it more time",
                    path.display()
                )));
            }
            tokio::time::sleep(PACE).await;
        }
    }
}

impl TargetFile {
    fn source(&self) -> Result<&Source> {
        match &self.draft.source {
            Some(source) if !self.draft.has_errors() => Ok(source),
            _ => Err(super::refusal(&self.name, &self.text, &self.draft.findings)),
        }
    }
}

fn unreadable(error: &fsio::FileError) -> Error {
    Error::from_source(Kind::Invalid, "the target files can't be read", error)
}

fn not_edited(job: &str, error: &TargetFileError, source: Option<&Source>, text: &str) -> Error {
    match (error, source) {
        (TargetFileError::Edit(edit), Some(source)) => {
            Error::new(Kind::Invalid, "nothing was changed")
                .details(site_input::render_findings(&[edit.finding(source)], |_| text))
        }
        (TargetFileError::Inexpressible(_), _) => Error::new(Kind::Usage, error.to_string()).hint(
            "set it in the job whose file_sd_configs name the folder, or as a label: --label __scrape_interval__=15s, \
             __scrape_timeout__, __metrics_path__, __scheme__",
        ),
        (other, _) => {
            let hint = match other {
                TargetFileError::Settings(error) => way_out(error, job, false),
                _ => format!("change it in your editor: enmon scrape edit {job}"),
            };
            Error::from_source(Kind::Usage, format!("the file `{job}` can't be set so"), error).hint(hint)
        }
    }
}

impl Report for ListReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.items.is_empty() {
            return writeln!(out, "there are no target files in {}", self.folder);
        }
        let mut table = Table::new([Column::name("job"), Column::text("targets"), Column::text("labels")]);
        for group in &self.items {
            let labels: Vec<String> =
                group.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
            table.row([
                Cell::new(&group.name),
                Cell::new(group.targets.join(" ")),
                Cell::new(labels.join(" ")),
            ]);
        }
        table.render(out)
    }
}
