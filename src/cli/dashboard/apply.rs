//! `enmon dashboard apply`: the pages in a folder, a ConfigMap or a running Grafana; only what changes is written.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use serde::Serialize;
use serde_json::Value;

use super::{PageOptions, cluster, file_name, grafana};
use crate::cli::Context;
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::prometheus::ServerAddress;
use crate::prometheus::dashboard::{Dashboard, PageName};
use crate::ui::{Report, unified_difference};

/// Flags of `enmon dashboard apply`.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("destination").required(true)))]
#[command(after_help = "Examples:
  enmon dashboard apply --folder /var/lib/grafana/dashboards --dry-run
  enmon dashboard apply --configmap monitoring/enmon-dashboards
  enmon dashboard apply --grafana http://127.0.0.1:3000 --token-file grafana.token --title Energy

A folder is one that Grafana's provisioning of dashboards looks into. A ConfigMap gets the label grafana_dashboard: \"1\", by which
Grafana's sidecar finds it. In a Grafana a page is written over only in the version that was looked at, and one that enmon has not
made only after a question, or with --yes. What is there already as it should be is left alone.

Exit codes:
  0  the pages are there
  1  they could not be written, or you said no
  4  the cluster or Grafana can't be reached
  5  it refused, or somebody else has changed a page meanwhile")]
pub(super) struct ApplyArgs {
    /// Write files into this folder
    #[arg(long, value_name = "DIR", group = "destination")]
    folder: Option<PathBuf>,
    /// Write into this ConfigMap
    #[arg(long, value_name = "NAMESPACE/NAME", group = "destination", value_parser = cluster::object_name)]
    configmap: Option<(String, String)>,
    /// Write into the Grafana at this address
    #[arg(long, value_name = "URL", group = "destination")]
    grafana: Option<String>,
    /// File with the token of a service account of Grafana, mode 0600
    #[arg(long, value_name = "FILE", requires = "grafana")]
    token_file: Option<PathBuf>,
    /// PEM file with what is trusted of that Grafana
    #[arg(long, value_name = "FILE", requires = "grafana")]
    ca: Option<PathBuf>,
    /// Title of the folder in Grafana; it is made where it is missing. By default pages stay where they are
    #[arg(long, value_name = "TITLE", requires = "grafana")]
    title: Option<String>,
    /// Kubeconfig of the cluster with the ConfigMap
    #[arg(long, value_name = "FILE", requires = "configmap")]
    kubeconfig: Option<PathBuf>,
    /// Context in the kubeconfig
    #[arg(long, value_name = "NAME", requires = "configmap")]
    kube_context: Option<String>,
    /// Show what would change, and write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    pages: PageOptions,
}

/// Where pages go.
pub(super) enum Destination<'a> {
    Folder(&'a Path),
    ConfigMap(cluster::ConfigMapPlace<'a>),
    Grafana(grafana::GrafanaPlace<'a>),
}

/// A page and what is there.
pub(super) struct Change<'a> {
    pub dashboard: &'a Dashboard,
    /// What is there; `None`: nothing.
    pub before: Option<String>,
    pub after: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ApplyReport {
    api_version: &'static str,
    kind: &'static str,
    dry_run: bool,
    destination: String,
    dashboards: Vec<Applied>,
}

#[derive(Debug, Serialize)]
struct Applied {
    uid: String,
    title: String,
    /// `created`, `changed` or `unchanged`.
    outcome: &'static str,
    /// What changes, as a unified diff; nothing for a page that is new.
    diff: String,
}

pub(super) fn run(args: &ApplyArgs, context: &Context) -> Result<()> {
    let pages = args.pages.dashboards(context)?;
    let destination = if let Some(folder) = &args.folder {
        Destination::Folder(folder)
    } else if let Some((namespace, name)) = &args.configmap {
        let (kubeconfig, context) = (args.kubeconfig.clone(), args.kube_context.clone());
        Destination::ConfigMap(cluster::ConfigMapPlace { namespace, name, kubeconfig, context })
    } else {
        let url = args.grafana.clone().unwrap_or_default();
        let address = ServerAddress { url, ca: args.ca.clone(), token_file: args.token_file.clone() };
        Destination::Grafana(grafana::GrafanaPlace { address, folder: args.title.as_deref() })
    };
    put(&pages, &destination, args.dry_run, context)
}

/// Brings pages to their destination and reports.
pub(super) fn put(
    pages: &[(PageName, Dashboard)],
    destination: &Destination<'_>,
    dry_run: bool,
    context: &Context,
) -> Result<()> {
    let changes = match destination {
        Destination::Folder(folder) => into_folder(pages, folder, dry_run)?,
        Destination::ConfigMap(place) => cluster::put(pages, place, dry_run)?,
        Destination::Grafana(place) => grafana::put(pages, place, dry_run, context)?,
    };
    let dashboards = changes.into_iter().map(|change| {
        let name = file_name(change.dashboard);
        let (outcome, diff) = match &change.before {
            None => ("created", String::new()),
            Some(before) if *before == change.after => ("unchanged", String::new()),
            Some(before) => ("changed", unified_difference(&name, before, &change.after)),
        };
        Applied { uid: change.dashboard.uid.clone(), title: change.dashboard.title.clone(), outcome, diff }
    });
    context.ui.print(&ApplyReport {
        api_version: "enmon/v1",
        kind: "DashboardApply",
        dry_run,
        dashboards: dashboards.collect(),
        destination: match destination {
            Destination::Folder(folder) => folder.display().to_string(),
            Destination::ConfigMap(place) => format!("ConfigMap {}/{}", place.namespace, place.name),
            Destination::Grafana(place) => place.address.url.clone(),
        },
    })
}

fn into_folder<'a>(
    pages: &'a [(PageName, Dashboard)],
    folder: &Path,
    dry_run: bool,
) -> Result<Vec<Change<'a>>> {
    let failed =
        |error: fsio::FileError| Error::from_source(Kind::Failed, "the dashboards can't be written", &error);
    if !dry_run {
        fsio::make_folder(folder).map_err(failed)?;
    }
    let mut changes = Vec::new();
    for (_, dashboard) in pages {
        let path = folder.join(file_name(dashboard));
        let before = if fsio::is_file(&path) { Some(fsio::read_text(&path).map_err(failed)?) } else { None };
        let after = dashboard.json();
        if !dry_run && before.as_deref() != Some(after.as_str()) {
            fsio::write_atomically(&path, after.as_bytes(), 0o644).map_err(failed)?;
        }
        changes.push(Change { dashboard, before, after });
    }
    Ok(changes)
}

/// Writes JSON so that two models that mean the same are the same text.
pub(super) fn sorted_text(model: &Value) -> String {
    serde_json::to_string_pretty(model).unwrap_or_default() + "\n"
}

impl Report for ApplyReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        for page in &self.dashboards {
            out.write_all(page.diff.as_bytes())?;
        }
        for page in &self.dashboards {
            writeln!(out, "{:<9}  {}  ({})", page.outcome, page.uid, page.title)?;
        }
        let ending = if self.dry_run { "; nothing was written" } else { "" };
        writeln!(out, "{} pages for {}{ending}", self.dashboards.len(), self.destination)
    }
}
