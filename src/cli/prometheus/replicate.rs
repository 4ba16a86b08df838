//! `enmon prometheus replicate`: one server sends all its samples to a second one.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::cli::scrape::{self, Change, ConfigFile, TargetArgs};
use crate::cli::{Context, online, site_input};
use crate::document::{EditError, Finding, Source};
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::prometheus::config::{FileKind, is_refused};
use crate::prometheus::remote::replication::{self, Sending};
use crate::prometheus::remote::settings;
use crate::prometheus::{Credentials, Server, ServerAddress, Target};
use crate::site::Period;
use crate::ui::{Report, unified_difference};

/// Flags of `enmon prometheus replicate`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon prometheus replicate --to http://10.0.1.5:9090 --dry-run
  enmon prometheus replicate --from file:/etc/prometheus/prometheus.yml --to https://b:9090 --tls-ca /etc/prometheus/b-ca.pem
  enmon prometheus replicate --to http://10.0.1.5:9090 --to-config file:/etc/prometheus-b/prometheus.yml
  enmon prometheus replicate --to http://10.0.1.5:9090 --remove --yes

The first server gets a remote_write block and, when it adds no labels to its samples so far, the label site: with it one can tell whose
samples they are, and alerts bear it too. The second one needs the flags that are shown, and takes old samples only within the window that
--to-config writes. Running servers go by their files after: enmon scrape apply")]
pub(super) struct ReplicateArgs {
    /// Configuration of the server that has the samples: file:PATH; by default prometheus.config of the site file
    #[arg(long, value_name = "WHERE")]
    from: Option<Target>,
    /// Address of the server that is to have them too
    #[arg(long, value_name = "URL")]
    to: String,
    /// Configuration of that server, to set which old samples it takes: file:PATH
    #[arg(long, value_name = "WHERE")]
    to_config: Option<Target>,
    /// How old samples may be that it takes; as long as a cut may last that is to be filled afterwards
    #[arg(long, value_name = "TIME", default_value = "24h")]
    window: Period,
    /// How long the second server keeps samples
    #[arg(long, value_name = "TIME", default_value = "30d")]
    retention: Period,
    /// Label for all samples that leave the first server; by default site=a when it adds none so far
    #[arg(long, value_name = "NAME=VALUE", conflicts_with = "remove")]
    external_label: Option<String>,
    /// PEM file with what is trusted over TLS, as the first server sees it
    #[arg(long, value_name = "FILE", conflicts_with = "remove")]
    tls_ca: Option<String>,
    /// Name that the certificate bears, where it is not the host's
    #[arg(long, value_name = "NAME", conflicts_with = "remove")]
    tls_server_name: Option<String>,
    /// User of basic authentication
    #[arg(long, value_name = "USER", requires = "basic_auth_file")]
    basic_auth_user: Option<String>,
    /// File with the password of basic authentication, as the first server sees it
    #[arg(long, value_name = "FILE", requires = "basic_auth_user", conflicts_with_all = ["bearer_file", "remove"])]
    basic_auth_file: Option<String>,
    /// File with a bearer token, as the first server sees it
    #[arg(long, value_name = "FILE", conflicts_with = "remove")]
    bearer_file: Option<String>,
    /// Send nothing to that server any more
    #[arg(long, conflicts_with = "to_config")]
    remove: bool,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ReplicateReport {
    api_version: &'static str,
    kind: &'static str,
    dry_run: bool,
    /// Address that the samples go to.
    receiver: String,
    files: Vec<FileItem>,
    /// Flags that the second server needs.
    flags: Vec<String>,
    /// What the second server lacks now, as far as it could be asked.
    lacks: Vec<String>,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FileItem {
    file: String,
    /// Is the file another one now, or would it be?
    changed: bool,
    /// The text before; missing when nothing was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    backup: Option<String>,
    /// What changes, as a unified diff.
    diff: String,
    /// Doubts about the file.
    findings: Vec<Finding>,
    #[serde(skip)]
    rendered: String,
}

/// A file and what is to become of it.
struct Planned {
    file: ConfigFile,
    after: String,
    findings: Vec<Finding>,
}

pub(super) fn run(args: &ReplicateArgs, context: &Context) -> Result<()> {
    let receiver = replication::receiver_url(&args.to);
    let mut notes = Vec::new();
    let mut planned = vec![first(args, &receiver, context, &mut notes)?];
    if let Some(target) = &args.to_config {
        planned.push(second(args, target, context)?);
    }
    for one in &planned {
        if is_refused(&one.findings) {
            return Err(
                scrape::refusal(&one.file.name, &one.after, &one.findings).hint("nothing was written")
            );
        }
    }
    let changes = planned.iter().any(|one| one.after != one.file.text);
    let question = format!("Send no samples to {} any more?", args.to);
    if args.remove && changes && !args.dry_run && !context.ui.confirm(&question)? {
        return Err(Error::new(Kind::Failed, "nothing was changed"));
    }
    let lacks = if args.remove { Vec::new() } else { lacks(args, &planned[0].file.path, &mut notes)? };
    let files = planned.into_iter().map(|one| finished(one, args.dry_run)).collect::<Result<_>>()?;
    let retention = args.retention.to_string();
    let flags = [
        "--web.enable-remote-write-receiver".to_owned(),
        "--web.enable-lifecycle".to_owned(),
        format!("--storage.tsdb.retention.time={retention}"),
    ];
    context.ui.print(&ReplicateReport {
        api_version: "enmon/v1",
        kind: "PrometheusReplicate",
        dry_run: args.dry_run,
        receiver,
        files,
        flags: if args.remove { Vec::new() } else { flags.to_vec() },
        lacks,
        notes,
    })
}

fn sending(args: &ReplicateArgs, receiver: &str) -> Result<Sending> {
    let label = args.external_label.as_deref();
    let (name, value) = label.unwrap_or("site=a").split_once('=').unwrap_or_default();
    if name.is_empty() || value.is_empty() {
        return Err(Error::new(Kind::Usage, format!("`{}` is no label", label.unwrap_or_default()))
            .hint("write NAME=VALUE, such as site=a"));
    }
    let basic = args.basic_auth_user.clone().zip(args.basic_auth_file.clone());
    let basic = basic.map(|(user, password_file)| Credentials::Basic { user, password_file });
    Ok(Sending {
        url: receiver.to_owned(),
        tls_ca: args.tls_ca.clone(),
        tls_server_name: args.tls_server_name.clone(),
        credentials: basic.or(args.bearer_file.clone().map(|file| Credentials::Bearer { file })),
        label: (name.to_owned(), value.to_owned(), label.is_some()),
    })
}

/// Plans the file of the server that sends.
fn first(
    args: &ReplicateArgs,
    receiver: &str,
    context: &Context,
    notes: &mut Vec<String>,
) -> Result<Planned> {
    let sending = sending(args, receiver)?;
    let file = ConfigFile::open(&TargetArgs::of(args.from.clone()), context)
        .map_err(|error| Error { hints: Vec::new(), ..error })
        .map_err(|error| {
            error.hint("name it with --from file:PATH, or as prometheus.config in the site file")
        })?;
    let source = file.source()?;
    let labels = source.map(settings::external_labels).unwrap_or_default();
    let edited = if args.remove {
        if !labels.is_empty() {
            notes.push("the labels in global.external_labels stay: alerts bear them too".to_owned());
        }
        match source.map(|source| replication::without_sending(source, receiver)).transpose() {
            Ok(edited) => edited.flatten(),
            Err(error) => return Err(not_edited(&error, source, &file.text)),
        }
    } else {
        if labels.is_empty() {
            let (name, value, _) = &sending.label;
            notes.push(format!(
                "all samples and alerts of the first server bear {name}=\"{value}\" from now on, so that one can tell whose they are"
            ));
        }
        let edited = replication::with_sending(&file.name, &file.text, source, &sending);
        Some(edited.map_err(|error| not_edited(&error, source, &file.text))?)
    };
    Ok(planned(file, edited))
}

/// Plans the file of the server that takes.
fn second(args: &ReplicateArgs, target: &Target, context: &Context) -> Result<Planned> {
    let file = ConfigFile::open(&TargetArgs::of(Some(target.clone())), context)?;
    let source = file.source()?;
    let hours = args.window.as_millis().div_ceil(3_600_000);
    let edited = replication::with_window(&file.name, &file.text, source, hours)
        .map_err(|error| not_edited(&error, source, &file.text))?;
    Ok(planned(file, Some(edited)))
}

fn planned(file: ConfigFile, edited: Option<Source>) -> Planned {
    let check = |edited| file.place.check_source(edited, &file.path, FileKind::Prometheus, None);
    let findings = edited.as_ref().map(check);
    let after = edited.map_or_else(|| file.text.clone(), |edited| edited.text().to_owned());
    Planned { file, after, findings: findings.unwrap_or_default() }
}

fn not_edited(error: &EditError, source: Option<&Source>, text: &str) -> Error {
    let refused = Error::new(Kind::Invalid, "nothing was changed");
    match source {
        Some(source) => refused.details(site_input::render_findings(&[error.finding(source)], |_| text)),
        None => refused.cause(error.to_string()),
    }
}

fn finished(one: Planned, dry_run: bool) -> Result<FileItem> {
    let name = one.file.name;
    let change = Change {
        place: &one.file.place,
        path: &one.file.path,
        name: &name,
        before: &one.file.text,
        after: &one.after,
        what: Vec::new(),
    };
    let changed = change.after != change.before;
    let backup = if changed && !dry_run {
        scrape::write_change(&change)?.map_err(|error| scrape::unusable(&error))?
    } else {
        None
    };
    Ok(FileItem {
        changed,
        backup,
        diff: unified_difference(&name, &one.file.text, &one.after),
        rendered: site_input::render_findings(&one.findings, |_| &one.after),
        findings: one.findings,
        file: name,
    })
}

/// Asks the running second server what it lacks. One that can't be asked is no mistake: it may not be there yet.
fn lacks(args: &ReplicateArgs, first: &Path, notes: &mut Vec<String>) -> Result<Vec<String>> {
    let folder = first.parent().unwrap_or(Path::new(""));
    let beside = |name: &Option<String>| -> Option<PathBuf> {
        name.as_ref().map(|name| folder.join(name)).filter(|path| fsio::is_file(path))
    };
    let address = ServerAddress {
        url: args.to.clone(),
        ca: beside(&args.tls_ca),
        token_file: beside(&args.bearer_file),
    };
    let server = match Server::new(&address) {
        Ok(server) => server,
        Err(crate::prometheus::ServerError::Address(_)) => {
            let message = format!("`{}` is no http:// or https:// address", args.to);
            return Err(Error::new(Kind::Usage, message));
        }
        Err(error) => {
            notes.push(format!("{} was not asked: {error}", args.to));
            return Ok(Vec::new());
        }
    };
    let mut lacks = Vec::new();
    let asked: std::result::Result<(), crate::prometheus::ServerError> = online::block_on(async {
        Ok(async {
            if !server.takes_samples().await? {
                lacks.push("the flag --web.enable-remote-write-receiver".to_owned());
            }
            let window_ms = settings::out_of_order_window_ms(&server.loaded_source().await?);
            let wanted = args.window.as_millis();
            if u64::try_from(window_ms).unwrap_or(0) < wanted {
                lacks.push(format!(
                    "storage.tsdb.out_of_order_time_window: {}h in what it has loaded; without it a cut can't be filled afterwards",
                    wanted.div_ceil(3_600_000)
                ));
            }
            Ok(())
        }
        .await)
    })?;
    if let Err(error) = asked {
        notes.push(format!("{} could not be asked what it lacks: {error}", args.to));
    }
    Ok(lacks)
}

impl Report for ReplicateReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        for file in &self.files {
            out.write_all(file.rendered.as_bytes())?;
            if !file.changed {
                writeln!(out, "{} is so already", file.file)?;
                continue;
            }
            out.write_all(file.diff.as_bytes())?;
            if !self.dry_run {
                writeln!(
                    out,
                    "\n{} is written; a running server goes by it after: enmon scrape apply",
                    file.file
                )?;
                if let Some(backup) = &file.backup {
                    writeln!(out, "the text before is in {backup}")?;
                }
            }
        }
        if self.dry_run {
            writeln!(out, "\nnothing was written")?;
        }
        if !self.flags.is_empty() {
            writeln!(out, "\nthe second server runs with: {}", self.flags.join(" "))?;
        }
        for lack in &self.lacks {
            writeln!(out, "it lacks: {lack}")?;
        }
        for note in &self.notes {
            writeln!(out, "note: {note}")?;
        }
        Ok(())
    }
}
