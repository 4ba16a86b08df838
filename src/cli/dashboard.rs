//! `enmon dashboard`: the dashboards of Grafana that are made from the site file.

mod apply;
mod check;
mod cluster;
mod grafana;
mod list;
mod render;

use clap::{Args, Subcommand, ValueEnum};

use super::{Context, site_input};
use crate::error::Result;
use crate::prometheus::dashboard::{Dashboard, PageName, PageSettings, dashboard};

/// Flags of `enmon dashboard`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon dashboard list
  enmon dashboard render dashboards
  enmon dashboard check --server http://127.0.0.1:9090
  enmon dashboard apply --folder /var/lib/grafana/dashboards

The pages are made from the site file: site, chargers, controller, node.")]
pub struct DashboardArgs {
    #[command(subcommand)]
    command: DashboardCommand,
}

#[derive(Debug, Subcommand)]
enum DashboardCommand {
    /// List the pages
    List(list::ListArgs),
    /// Write the pages into a folder, or one to stdout
    Render(render::RenderArgs),
    /// Ask a Prometheus every query of the pages, and list panels without data
    Check(check::CheckArgs),
    /// Put the pages where Grafana finds them
    Apply(apply::ApplyArgs),
}

/// Runs `enmon dashboard`.
pub fn run(args: &DashboardArgs, context: &Context) -> Result<()> {
    match &args.command {
        DashboardCommand::List(args) => list::run(args, context),
        DashboardCommand::Render(args) => render::run(args, context),
        DashboardCommand::Check(args) => check::run(args, context),
        DashboardCommand::Apply(args) => apply::run(args, context),
    }
}

/// Flags that say which pages are made, and of what.
#[derive(Debug, Args)]
struct PageOptions {
    /// Make only these pages; may be repeated
    #[arg(long = "page", value_enum, value_name = "PAGE")]
    pages: Vec<PageWord>,
    /// Label that every series must have, where a Prometheus has several sites; may be repeated
    #[arg(long = "label", value_name = "NAME=VALUE", value_parser = label)]
    labels: Vec<(String, String)>,
    /// Address below which the runbooks are, for links
    #[arg(long, value_name = "URL", value_parser = web_address)]
    runbooks: Option<String>,
    /// Parts that not every site has; may be repeated
    #[arg(long, value_enum, value_name = "PART")]
    with: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PageWord {
    /// Circuits, alarms, health
    Site,
    /// Chargers, measured devices, the sun
    Chargers,
    /// The controller
    Controller,
    /// A machine
    Node,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Two controllers with a lease
    Standby,
    /// Sensors of temperature and humidity
    Sensors,
}

fn label(text: &str) -> std::result::Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE, such as site=garage")?;
    let is_name = |name: &str| {
        let letters = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.chars().all(letters)
    };
    if !is_name(name) {
        return Err(format!("`{name}` is no name of a label"));
    }
    Ok((name.to_owned(), value.to_owned()))
}

fn web_address(text: &str) -> std::result::Result<String, String> {
    let is_address = text.starts_with("http://") || text.starts_with("https://");
    if is_address { Ok(text.to_owned()) } else { Err("write an address with http:// or https://".to_owned()) }
}

impl PageOptions {
    /// Makes the pages that are wanted, in their order.
    ///
    /// # Errors
    /// When the site file is not right.
    fn dashboards(&self, context: &Context) -> Result<Vec<(PageName, Dashboard)>> {
        let site = site_input::load(context)?.site;
        let settings = PageSettings {
            labels: self.labels.clone(),
            runbooks: self.runbooks.clone(),
            has_standby: self.with.contains(&Part::Standby),
            has_sensors: self.with.contains(&Part::Sensors),
        };
        let named: Vec<PageName> = self.pages.iter().map(|page| page.name()).collect();
        let is_wanted = |page: &PageName| named.is_empty() || named.contains(page);
        let pages = PageName::ALL.into_iter().filter(is_wanted);
        Ok(pages.map(|page| (page, dashboard(page, &site, &settings))).collect())
    }
}

impl PageWord {
    fn name(self) -> PageName {
        match self {
            PageWord::Site => PageName::Site,
            PageWord::Chargers => PageName::Chargers,
            PageWord::Controller => PageName::Controller,
            PageWord::Node => PageName::Node,
        }
    }
}

/// Returns the name of a page's file; uids hold only letters, digits, `-` and `_`.
fn file_name(dashboard: &Dashboard) -> String {
    format!("{}.json", dashboard.uid)
}
