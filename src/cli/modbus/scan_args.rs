//! Flags of `enmon modbus scan`, and the plan that they mean.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::target::usage;
use super::tls::TlsArgs;
use crate::error::Result;
use crate::modbus::scan::{
    ScanPlan, ScanSettings, ScanTask, SpanList, UnitList, broadcasts_on_zero, likely_units,
};
use crate::profile::Catalogue;
use crate::site::{Address, Period};

/// How long an answer may take while units are looked for: most of the time, nobody is there.
const SEARCH_TIMEOUT: Duration = Duration::from_millis(300);
/// How long an answer may take of a unit that is there.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Flags of `enmon modbus scan`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon modbus scan modbus+tcp://127.0.0.1:5031
  enmon modbus scan modbus+rtu:///dev/ttyUSB0?baud=9600 --units 1-20 -o json
  enmon modbus scan modbus+tcp://127.0.0.1:5031 --all --resume scan.json
  enmon modbus scan modbus+tcp://127.0.0.1:5031 --unit 1 --registers holding:0-2000,input:0-100

A scan only reads, one request at a time. Without --rate it sends at most 10 requests a second, fewer to a device that
loses some, and leaves the bus alone after each answer for as long as it was busy. Units are looked for on a serial line from 1 to 247; over TCP, first those
that devices use (1, 255, 180 and so on), and with --all the rest. Any answer is a unit, a refusal too. Then it asks each
unit for SunSpec models and for the points of every profile, and names those that fit.

Of registers, each one that a range leaves out was refused alone: a gap costs a request for each register.

Exit codes:
  0  the scan came to its end; that no unit was found is a result
  1  it was interrupted; with --resume, what was found is kept
  2  the request makes no sense
  3  the --resume file is none, or of another scan
  4  the address can't be reached")]
pub(super) struct ScanArgs {
    /// Where to look, for example modbus+tcp://10.0.0.5:502 or modbus+rtu:///dev/ttyUSB0?baud=19200
    #[arg(value_name = "ADDRESS")]
    pub(super) address: Address,
    /// Unit ids to look for, for example 1-20,255
    #[arg(long, value_name = "LIST", conflicts_with_all = ["all", "unit", "registers"])]
    units: Option<UnitList>,
    /// Look for all unit ids, the likely ones first
    #[arg(long, conflicts_with_all = ["unit", "registers"])]
    all: bool,
    /// Unit whose registers are looked for
    #[arg(long, value_name = "N", requires = "registers", default_value_t = 1)]
    unit: u8,
    /// Look for registers that answer, for example holding:0-2000,input:0-100
    #[arg(long, value_name = "RANGES")]
    registers: Option<SpanList>,
    /// Least registers to read at once: 2 for devices that refuse half a value
    #[arg(long, value_name = "N", requires = "registers", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=125))]
    each: u16,
    /// Most requests a second
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rate: u32,
    /// How long an answer may take; without it, 300 ms while units are looked for, then 1 s
    #[arg(long, value_name = "TIME")]
    timeout: Option<Period>,
    /// Keep what was found in this file as it goes, and go on where it ends; it is removed when the scan is complete
    #[arg(long, value_name = "FILE")]
    pub(super) resume: Option<PathBuf>,
    #[command(flatten)]
    pub(super) tls: TlsArgs,
}

impl ScanArgs {
    pub(super) fn plan(&self, catalogue: &Catalogue) -> Result<ScanPlan> {
        let address = self.address.clone();
        if !address.is_modbus() {
            return Err(usage(format!("{address} is no Modbus address"))
                .hint("Modbus addresses begin with modbus+tcp, modbus+rtu, modbus+rtu-tcp, modbus+ascii or modbus+tls"));
        }
        let task = match (&self.registers, &self.units) {
            (Some(list), _) => {
                ScanTask::Registers { unit: self.unit, spans: list.spans().to_vec(), each: self.each }
            }
            (None, Some(units)) => ScanTask::Units { units: units.ids().to_vec() },
            (None, None) => ScanTask::Units { units: likely_units(&address, self.all, catalogue) },
        };
        let asks_zero = match &task {
            ScanTask::Registers { unit, .. } => *unit == 0,
            ScanTask::Units { units } => units.contains(&0),
        };
        if asks_zero && broadcasts_on_zero(&address) {
            return Err(usage(format!("{address}: unit 0 means all devices there, and none answers")));
        }
        Ok(ScanPlan { address, task })
    }

    pub(super) fn settings(&self) -> Result<ScanSettings> {
        if self.timeout == Some(Period::default()) {
            return Err(usage("--timeout: no device answers in no time"));
        }
        let timeout = self.timeout.map(|period| period.0);
        Ok(ScanSettings {
            rate: self.rate,
            search_timeout: timeout.unwrap_or(SEARCH_TIMEOUT),
            timeout: timeout.unwrap_or(TIMEOUT),
        })
    }
}
