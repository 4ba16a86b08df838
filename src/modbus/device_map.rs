//! A profile fitted to one device: where its points really stand (connector, SunSpec models) and what their scales are.
//!
//! Decides addresses, layouts and which points the device lacks; reading and writing them is left to [`super::point`]. Made once for
//! each connection, so that a cycle costs nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::point::{plan_reads, read_points};
use super::sunspec::{Chain, SunSpecError, discover, not_implemented};
use super::value::{Layout, Value};
use super::{Client, ModbusError, Place};
use crate::profile::{ModbusSettings, ModelIds, Point, Profile};

/// SunSpec's common model, which tells maker and serial number and says nothing of what a device is.
const COMMON: u16 = 1;

/// Powers of ten that a scale factor may hold (SunSpec Device Information Model Specification, type `sunssf`).
const EXPONENTS: std::ops::RangeInclusive<f64> = -10.0..=10.0;

/// A profile fitted to one device.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceMap {
    /// The points stand at their real addresses.
    profile: Arc<Profile>,
    settings: ModbusSettings,
    connector: u16,
    /// What scale factors held when they were read last, by their point.
    exponents: BTreeMap<String, i32>,
    /// Why points have no value on this device.
    missing: BTreeMap<String, String>,
}

/// Why a profile does not fit a device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// The station has no such connector.
    #[error("profile {profile} has connectors 1 to {connectors}, and no connector {connector}")]
    Connector {
        /// Name of the profile.
        profile: String,
        /// What was asked for.
        connector: u16,
        /// How many there are.
        connectors: u16,
    },
    /// A point goes beyond the last address.
    #[error("profile {profile}: point {point} goes beyond the last address")]
    Address {
        /// Name of the profile.
        profile: String,
        /// Name of the point.
        point: String,
    },
    /// The device has none of the models that make it what the profile describes.
    #[error("it has none of the SunSpec models {wanted} of profile {profile}; it has {found}")]
    NoModel {
        /// Name of the profile.
        profile: String,
        /// What the profile wants.
        wanted: String,
        /// What the device has.
        found: String,
    },
}

impl DeviceMap {
    /// Fits a profile to a connector (counted from 1) of a device with these models. Without a chain, points that stand in models have
    /// no place yet.
    ///
    /// # Errors
    /// When the profile does not fit.
    pub fn new(profile: Arc<Profile>, connector: u16, chain: Option<&Chain>) -> Result<DeviceMap, MapError> {
        let settings = profile.modbus.clone().unwrap_or_default();
        let connectors = settings.connectors.max(1);
        if !(1..=connectors).contains(&connector) {
            return Err(MapError::Connector { profile: profile.name.clone(), connector, connectors });
        }
        if let Some(chain) = chain {
            has_a_model(&profile, chain)?;
        }
        let mut missing = BTreeMap::new();
        let moves = |point: &Point| point.model.is_some() || (point.stride.is_some() && connector > 1);
        let mut fitted = Arc::clone(&profile);
        // devices of one kind share one profile where nothing moves
        if profile.points.values().any(moves) {
            let own = Arc::make_mut(&mut fitted);
            for (name, point) in &mut own.points {
                let beyond = || MapError::Address { profile: profile.name.clone(), point: name.clone() };
                match base(point, chain) {
                    Ok(base) => place(point, base, connector).ok_or_else(beyond)?,
                    Err(why) => {
                        missing.insert(name.clone(), why);
                    }
                }
            }
        }
        Ok(DeviceMap { profile: fitted, settings, connector, exponents: BTreeMap::new(), missing })
    }

    /// Fits a profile to a device: finds its models and reads its scale factors where the profile has such. Sends nothing else.
    ///
    /// # Errors
    /// As the client's; and when the profile does not fit what the device has.
    pub async fn resolve(
        client: &mut Client,
        unit: u8,
        profile: Arc<Profile>,
        connector: u16,
    ) -> Result<DeviceMap, ModbusError> {
        let bases = profile.modbus.as_ref().map(|modbus| modbus.sunspec.clone()).unwrap_or_default();
        let chain = if bases.is_empty() {
            None
        } else {
            Some(discover(client, unit, &bases).await.map_err(|error| match error {
                SunSpecError::Modbus(error) => error,
                other => no_sense(client, unit, other.to_string()),
            })?)
        };
        let mut map = DeviceMap::new(profile, connector, chain.as_ref()).map_err(|error| match error {
            MapError::NoModel { .. } => no_sense(client, unit, error.to_string()),
            other => ModbusError::Invalid { what: other.to_string() },
        })?;
        map.read_scale_factors(client, unit).await?;
        Ok(map)
    }

    async fn read_scale_factors(&mut self, client: &mut Client, unit: u8) -> Result<(), ModbusError> {
        let factors: Vec<String> =
            self.profile.points.values().filter_map(|point| point.scale_from.clone()).collect();
        if factors.is_empty() {
            return Ok(());
        }
        let blocks = plan_reads(self, factors.iter().map(String::as_str));
        let readings = read_points(client, unit, self, &blocks).await?;
        self.exponents = readings
            .into_iter()
            .filter_map(|(name, values)| Some((name, exponent(values.first()?)?)))
            .collect();
        Ok(())
    }

    /// Returns the profile; its points stand where they are on this device.
    pub fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    /// Returns how Modbus is spoken to the device.
    pub fn settings(&self) -> &ModbusSettings {
        &self.settings
    }

    /// Returns the connector, counted from 1.
    pub fn connector(&self) -> u16 {
        self.connector
    }

    /// Returns a point at its place on this device; `None` when there is none of that name, or when the device lacks it.
    pub fn point(&self, name: &str) -> Option<&Point> {
        self.profile.points.get(name).filter(|_| !self.missing.contains_key(name))
    }

    /// Says why a point has no place on this device.
    pub fn missing(&self, name: &str) -> Option<&str> {
        self.missing.get(name).map(String::as_str)
    }

    /// Returns how a point's values stand in registers, its scale factor applied; `None` when the scale factor is not known. `fresh`
    /// is the scale factor as it was read together with the value; else the one from the beginning counts.
    pub fn layout(&self, point: &Point, fresh: Option<&Value>) -> Option<Layout> {
        let mut layout = Layout::of(point, &self.settings);
        if point.model.is_some() && layout.absent.is_empty() {
            layout.absent.extend(not_implemented(point.value_type));
        }
        if let Some(factor) = &point.scale_from {
            let power = match fresh {
                Some(value) => exponent(value),
                None => self.exponents.get(factor).copied(),
            };
            layout.scale *= 10f64.powi(power?);
        }
        Some(layout)
    }
}

/// Says what a device answered that makes no sense.
fn no_sense(client: &Client, unit: u8, what: String) -> ModbusError {
    let request = "looking for its models".to_owned();
    ModbusError::Garbage { place: Place { address: client.address().clone(), unit, request }, what }
}

fn exponent(value: &Value) -> Option<i32> {
    value.number().filter(|power| EXPONENTS.contains(power)).map(|power| power as i32)
}

/// Returns the address that a point's own counts from, or why there is none.
fn base(point: &Point, chain: Option<&Chain>) -> Result<u16, String> {
    let Some(models) = &point.model else { return Ok(0) };
    let Some(chain) = chain else { return Err("the models of the device are not known".to_owned()) };
    let found = models.ids().iter().find_map(|&id| chain.find(id));
    let model = found.ok_or_else(|| format!("the device has no SunSpec model {}", ids(models.ids())))?;
    // id and length stand before what the length counts
    if u32::from(point.address) + u32::from(point.span()) > u32::from(model.length) + 2 {
        return Err(format!("the device's SunSpec model {} ends before it", model.id));
    }
    Ok(model.address)
}

/// Moves a point to its place.
fn place(point: &mut Point, base: u16, connector: u16) -> Option<()> {
    let address = point.address_on(connector)?.checked_add(base)?;
    if u32::from(address) + u32::from(point.span()) > 0x1_0000 {
        return None;
    }
    if let Some(block) = &mut point.block {
        // it moves as far as the point does
        block.address = block.address.checked_add(address - point.address)?;
    }
    point.address = address;
    Some(())
}

/// Makes sure that a device has one of the models at least that the profile is about.
fn has_a_model(profile: &Profile, chain: &Chain) -> Result<(), MapError> {
    let models = profile.points.values().filter_map(|point| point.model.as_ref()).map(ModelIds::ids);
    let mut wanted: Vec<u16> = models.flatten().copied().filter(|id| *id != COMMON).collect();
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.is_empty() || wanted.iter().any(|id| chain.find(*id).is_some()) {
        return Ok(());
    }
    let found: Vec<u16> = chain.models.iter().map(|model| model.id).collect();
    Err(MapError::NoModel { profile: profile.name.clone(), wanted: ids(&wanted), found: ids(&found) })
}

fn ids(ids: &[u16]) -> String {
    if ids.is_empty() {
        return "none".to_owned();
    }
    ids.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::sunspec::Model;
    use super::*;

    fn profile(text: &str) -> Arc<Profile> {
        let head = "apiVersion: enmon/v1\nkind: Profile\nname: own\nvendor: Own\nmodel: Own\nsources: [{document: own}]\n";
        let (profile, findings) = crate::profile::read("own.yaml", &format!("{head}{text}"));
        Arc::new(profile.unwrap_or_else(|| panic!("{findings:?}")))
    }

    #[test]
    fn the_points_of_a_connector_stand_further_on() {
        let profile = profile(
            "modbus: {connectors: 3}
points:
  limit: {table: holding, address: 301, type: u16, unit: A, access: write, stride: 1000, block: {address: 300, count: 4}}
  shared: {table: holding, address: 114, type: u16}
  state: {table: holding, address: 299, type: u16, stride: 1000}
charger: {state: {point: state, map: {1: A}}, limit: {point: limit}}
",
        );
        let map = DeviceMap::new(Arc::clone(&profile), 3, None).unwrap();
        let limit = map.point("limit").unwrap();
        assert_eq!((limit.address, limit.block.unwrap().address), (2301, 2300));
        assert_eq!(map.point("shared").unwrap().address, 114);
        let first = DeviceMap::new(Arc::clone(&profile), 1, None).unwrap();
        assert!(Arc::ptr_eq(first.profile(), &profile), "nothing moves, so nothing is copied");
        let error = DeviceMap::new(profile, 4, None).unwrap_err();
        assert_eq!(error.to_string(), "profile own has connectors 1 to 3, and no connector 4");
    }

    fn meter() -> Arc<Profile> {
        profile(
            "modbus: {sunspec: [40000]}
points:
  maker: {table: holding, address: 2, type: string, count: 16, model: 1}
  amps: {table: holding, address: 3, type: i16, count: 3, unit: A, model: [203, 204], scaleFrom: amps-sf}
  amps-sf: {table: holding, address: 6, type: i16, model: [203, 204]}
  limit: {table: holding, address: 5, type: u16, model: 123}
meter: {currents: [amps]}
",
        )
    }

    fn chain(models: &[(u16, u16)]) -> Chain {
        let mut address = 40_002;
        let mut placed = Vec::new();
        for &(id, length) in models {
            placed.push(Model { id, address, length });
            address += length + 2;
        }
        Chain { base: 40_000, models: placed }
    }

    #[test]
    fn the_points_of_a_model_stand_behind_its_id() {
        let map = DeviceMap::new(meter(), 1, Some(&chain(&[(1, 66), (204, 105)]))).unwrap();
        assert_eq!(map.point("maker").unwrap().address, 40_004);
        assert_eq!(map.point("amps").unwrap().address, 40_002 + 68 + 3);
        assert_eq!(map.point("limit"), None);
        assert_eq!(map.missing("limit"), Some("the device has no SunSpec model 123"));
        let short = DeviceMap::new(meter(), 1, Some(&chain(&[(203, 3)]))).unwrap();
        assert_eq!(short.missing("amps"), Some("the device's SunSpec model 203 ends before it"));
        let error = DeviceMap::new(meter(), 1, Some(&chain(&[(1, 66), (103, 50)]))).unwrap_err();
        let text = "it has none of the SunSpec models 123, 203, 204 of profile own; it has 1, 103";
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn scale_factors_make_the_scale_and_bad_ones_make_none() {
        let mut map = DeviceMap::new(meter(), 1, Some(&chain(&[(203, 105)]))).unwrap();
        let amps = map.point("amps").unwrap().clone();
        assert_eq!(map.layout(&amps, None), None, "not read yet");
        map.exponents.insert("amps-sf".into(), -2);
        assert_eq!(map.layout(&amps, None).unwrap().scale, 0.01);
        assert_eq!(
            map.layout(&amps, Some(&Value::Integer(-1))).unwrap().scale,
            0.1,
            "as read with the value"
        );
        for bad in [Value::Absent, Value::Integer(11), Value::Integer(-32_767)] {
            assert_eq!(map.layout(&amps, Some(&bad)), None);
        }
        assert_eq!(map.layout(&amps, None).unwrap().absent, [0x8000]);
    }
}
