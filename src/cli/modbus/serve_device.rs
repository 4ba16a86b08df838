//! What `enmon modbus serve` serves: a simulated device of a profile, or registers from a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{ArgGroup, Args};
use tokio_util::sync::CancellationToken;

use crate::cli::{Context, site_input};
use crate::document::{Finding, Severity, nearest};
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::modbus::{Conduct, WearCounter, WearingRange, read_register_file};
use crate::profile::{Catalogue, Profile, SerialDefaults};
use crate::sim::{SimHandle, SingleDevice};
use crate::ui::{Remark, RemarkPlace, render_remarks};

/// Flags about what is served.
#[derive(Debug, Args)]
#[group(skip)]
#[command(group(ArgGroup::new("source").required(true).args(["profile", "registers"])))]
pub(super) struct DeviceArgs {
    /// Serve a simulated device of this profile
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Serve the registers that this file holds
    #[arg(long, value_name = "FILE")]
    registers: Option<PathBuf>,
    /// Unit id of the simulated device, where it is not the profile's
    #[arg(long, value_name = "N", conflicts_with = "registers")]
    unit: Option<u8>,
    /// Answer at once, also where the real device sleeps, or needs pauses between requests
    #[arg(long, conflicts_with = "registers")]
    lenient: bool,
}

/// A device that is about to be served.
pub(super) struct Served {
    pub(super) conduct: Arc<Conduct>,
    pub(super) wear: Arc<WearCounter>,
    pub(super) units: Vec<u8>,
    /// The simulated device: its name in commands, and the hand on it.
    pub(super) simulated: Option<(String, SimHandle)>,
    /// Settings of a serial line, from the profile.
    pub(super) serial: Option<SerialDefaults>,
}

impl DeviceArgs {
    /// Makes the device; time passes for it until it is stopped.
    pub(super) fn make(&self, context: &Context, stop: &CancellationToken) -> Result<Served> {
        match (&self.profile, &self.registers) {
            (Some(name), _) => self.simulate(name, context, stop),
            (_, Some(file)) => from_file(file),
            _ => Err(Error::new(Kind::Usage, "say what to serve: --profile NAME or --registers FILE")),
        }
    }

    fn simulate(&self, name: &str, context: &Context, stop: &CancellationToken) -> Result<Served> {
        let own = site_input::own_profiles()?;
        let (catalogue, findings) = Catalogue::with_own(own.iter().map(|(file, text)| (file, text)));
        for finding in findings.iter().filter(|finding| finding.severity == Severity::Error) {
            context.ui.warn(&finding.to_string());
        }
        let Some(profile) = catalogue.get(name) else {
            let failure = Error::new(Kind::Invalid, format!("there is no profile `{name}`"));
            let names: Vec<&str> = catalogue.iter().map(|profile| profile.name.as_str()).collect();
            return Err(match nearest(name, names.iter().copied()) {
                Some(meant) => failure.hint(format!("did you mean `{meant}`?")),
                None => failure.hint(format!("there are {}", names.join(", "))),
            });
        };
        let device = SingleDevice::new(profile, &catalogue, self.unit)
            .map_err(|error| Error::from_source(Kind::Invalid, "the profile can't be simulated", &error))?;
        let (unit, name) = (device.unit, device.name.clone());
        let (registers, habits, handle) = device.start(stop.clone());
        let wear = WearCounter::new(registers, wearing(profile, unit));
        let conduct = Conduct::new(Arc::clone(&wear) as _);
        if !self.lenient {
            conduct.set_habits(unit, habits);
        }
        handle.misbehave_through(&conduct, unit);
        let serial = profile.modbus.as_ref().and_then(|modbus| modbus.serial);
        Ok(Served { conduct, wear, units: vec![unit], simulated: Some((name, handle)), serial })
    }
}

fn wearing(profile: &Profile, unit: u8) -> Vec<WearingRange> {
    let wearing = profile.points.iter().filter(|(_, point)| point.wears);
    let range = |(name, point): (&String, &crate::profile::Point)| WearingRange {
        name: name.clone(),
        unit,
        table: point.table,
        address: point.address,
        count: point.span(),
    };
    wearing.map(range).collect()
}

fn from_file(path: &Path) -> Result<Served> {
    let file = path.display().to_string();
    let text = fsio::read_text(path)
        .map_err(|error| Error::from_source(Kind::Invalid, "the registers can't be read", &error))?;
    let read = read_register_file(&file, &text).map_err(|findings| {
        let count =
            if findings.len() == 1 { "1 mistake".to_owned() } else { format!("{} mistakes", findings.len()) };
        Error::new(Kind::Invalid, format!("{file} is invalid: {count}")).details(render(&findings, &text))
    })?;
    let units = read.memory.units().into_iter().collect();
    let wear = WearCounter::new(Arc::new(read.memory), read.wearing);
    let conduct = Conduct::new(Arc::clone(&wear) as _);
    Ok(Served { conduct, wear, units, simulated: None, serial: None })
}

fn render(findings: &[Finding], text: &str) -> String {
    render_remarks(&findings.iter().map(|finding| remark(finding, text)).collect::<Vec<_>>())
}

fn remark<'a>(finding: &'a Finding, text: &'a str) -> Remark<'a> {
    let place = finding.place.map(|place| RemarkPlace {
        line: place.line,
        column: place.column,
        start: place.start,
        end: place.end,
    });
    Remark {
        is_error: finding.severity == Severity::Error,
        code: &finding.code,
        message: &finding.message,
        file: &finding.file,
        text,
        place,
        hint: finding.hint.as_deref(),
        in_brief: false,
    }
}
