//! The device that a command talks to: flags become settings, a profile fills in what the flags leave out.
//!
//! What is read or written there is decided by [`super::item`]; what comes back is shown by [`super::reading`].

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::failure::failure;
use super::profile_input::{self, Held};
use super::tls::TlsArgs;
use super::wire_log::WireLog;
use crate::cli::Context;
use crate::error::{Error, Kind, Result};
use crate::modbus::{Client, ClientSettings, DeviceMap};
use crate::profile::{ByteOrder, ModbusSettings, Profile, WordOrder};
use crate::site::{Address, Period};

/// How the device is spoken to.
#[derive(Debug, Args)]
pub(super) struct LineArgs {
    /// Unit id; without it, the profile's, or 1
    #[arg(long, value_name = "N")]
    pub(super) unit: Option<u8>,
    /// Which connector of a station with several behind one unit id, from 1
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(super) connector: u16,
    /// How long an answer may take; without it, as the profile says, or 1s
    #[arg(long, value_name = "TIME", value_parser = timeout)]
    timeout: Option<Period>,
    /// Pause between an answer and the next request; without it, as the profile says, or none
    #[arg(long, value_name = "TIME")]
    gap: Option<Period>,
    /// Order of the registers of a value: big is high word first; without it, as the profile says, or big
    #[arg(long, value_name = "ORDER", value_parser = word_of::<WordOrder>(&["big", "little"]))]
    pub(super) word_order: Option<WordOrder>,
    /// Order of the bytes in a register; without it, as the profile says, or big as Modbus does
    #[arg(long, value_name = "ORDER", value_parser = word_of::<ByteOrder>(&["big", "little"]))]
    pub(super) byte_order: Option<ByteOrder>,
    /// Show the bytes on the wire in both directions, and what they mean
    #[arg(long)]
    raw: bool,
    #[command(flatten)]
    tls: TlsArgs,
}

/// Which device, and how it is spoken to.
#[derive(Debug, Args)]
pub(super) struct TargetArgs {
    /// Where the device is, for example modbus+tcp://10.0.0.5:502 or modbus+rtu:///dev/ttyUSB0?baud=19200
    #[arg(value_name = "ADDRESS")]
    pub(super) address: Address,
    /// Device profile, by name (see enmon modbus profile list) or file: points can be named then
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    #[command(flatten)]
    pub(super) line: LineArgs,
}

/// Takes one of the words with which profiles name the same thing.
pub(super) fn word_of<T: DeserializeOwned + Clone + Send + Sync + 'static>(
    words: &'static [&'static str],
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(words).try_map(|word| serde_json::from_value::<T>(word.into()))
}

fn timeout(text: &str) -> Result<Period, String> {
    let period: Period = text.parse().map_err(|error: crate::site::PeriodError| error.to_string())?;
    if period == Period::default() { Err("no device answers in no time".into()) } else { Ok(period) }
}

/// A device that is about to be asked.
pub(super) struct Target {
    pub(super) client: Client,
    pub(super) wire: WireLog,
    pub(super) place: TargetPlace,
    /// The profile's settings, or the usual ones, with the flags' in their place.
    pub(super) settings: ModbusSettings,
    /// The profile's points, where they stand on this device; those of SunSpec models have no place before [`Target::fit`].
    pub(super) map: Option<DeviceMap>,
    /// Word order of the flags, which goes before that of points.
    pub(super) word_order: Option<WordOrder>,
}

/// Which device was asked; part of each report.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TargetPlace {
    pub(super) address: Address,
    pub(super) unit: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) profile: Option<String>,
}

impl TargetArgs {
    pub(super) fn open(&self, context: &Context) -> Result<Target> {
        let held = self.profile.as_deref().map(|word| profile_input::find(word, context)).transpose()?;
        self.line.open(self.address.clone(), held, context)
    }
}

impl LineArgs {
    pub(super) fn open(&self, address: Address, held: Option<Held>, context: &Context) -> Result<Target> {
        if !address.is_modbus() {
            return Err(usage(format!("{address} is no Modbus address"))
                .hint("Modbus addresses begin with modbus+tcp, modbus+rtu, modbus+rtu-tcp, modbus+ascii or modbus+tls"));
        }
        let mut profile = held.map(|held| held.profile);
        let settings = self.settings(profile.as_ref())?;
        if let Some(profile) = &mut profile {
            profile.modbus = Some(settings.clone());
        }
        let client_settings = ClientSettings {
            connect_timeout: settings.timeout.0.max(Duration::from_secs(1)),
            ..ClientSettings::of(&settings, None)
        };
        let client = Client::new(address.clone(), client_settings);
        let mut client = self.tls.arm(client, &address, context)?;
        let wire = WireLog::attach(self.raw, &mut client);
        let place = TargetPlace {
            address,
            unit: self.unit.unwrap_or(settings.unit),
            profile: profile.as_ref().map(|profile| profile.name.clone()),
        };
        let map = profile
            .map(|profile| DeviceMap::new(Arc::new(profile), self.connector, None))
            .transpose()
            .map_err(|error| usage(error.to_string()))?;
        Ok(Target { client, wire, place, settings, map, word_order: self.word_order })
    }

    fn settings(&self, profile: Option<&Profile>) -> Result<ModbusSettings> {
        let mut settings = match profile {
            None => ModbusSettings::default(),
            Some(profile) => profile.modbus.clone().ok_or_else(|| {
                usage(format!("devices of the profile {} don't speak Modbus", profile.name))
            })?,
        };
        if profile.is_none() && self.connector != 1 {
            return Err(usage("--connector needs a --profile that says where its registers are"));
        }
        settings.timeout = self.timeout.unwrap_or(settings.timeout);
        settings.gap = self.gap.unwrap_or(settings.gap);
        settings.word_order = self.word_order.unwrap_or(settings.word_order);
        settings.byte_order = self.byte_order.unwrap_or(settings.byte_order);
        Ok(settings)
    }
}

impl Target {
    /// Asks a SunSpec device for its models; sends nothing to others. Says whether points may have another place now.
    pub(super) async fn fit(&mut self, context: &Context) -> Result<bool> {
        let Some(map) = self.map.as_ref().filter(|map| !map.settings().sunspec.is_empty()) else {
            return Ok(false);
        };
        // what stands in a map that has been fitted without models is the profile itself
        let (profile, connector) = (Arc::clone(map.profile()), map.connector());
        let fitted = DeviceMap::resolve(&mut self.client, self.place.unit, profile, connector).await;
        self.map = Some(fitted.map_err(|error| {
            self.wire.show(&context.ui);
            failure(&error)
        })?);
        Ok(true)
    }

    /// Returns the profile, its points where they are on this device.
    pub(super) fn profile(&self) -> Option<&Profile> {
        self.map.as_ref().map(|map| map.profile().as_ref())
    }

    /// Says whether unit 0 means every device on a line, none of which answers (MODBUS over Serial Line V1.02, 2.1).
    pub(super) fn is_broadcast(&self) -> bool {
        let is_line = matches!(
            self.place.address,
            Address::ModbusRtu(_) | Address::ModbusAscii(_) | Address::ModbusRtuTcp { .. }
        );
        self.place.unit == 0 && is_line
    }
}

pub(super) fn usage(message: impl Into<String>) -> Error {
    Error::new(Kind::Usage, message)
}
