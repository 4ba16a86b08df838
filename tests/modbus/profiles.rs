//! Simulated devices of profiles, each for itself and with its time standing still: what they show is theirs alone to change.

use std::collections::BTreeMap;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use enmon::modbus::{
    Conduct, Framing, Layout, Listener, Registers, SerialPort, ServerLimits, Value, encode, serve_on,
};
use enmon::profile::{Catalogue, Feed, Preset, Profile, Table};
use enmon::sim::{CarSpec, SimHandle, SingleDevice};
use enmon::site::Amps;
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::enmon_json;
use super::served::{LINE, Way};

/// Amperes that the charger is told before anybody looks.
const FIRST_LIMIT: f64 = 10.0;

/// A simulated device that is served until it is dropped.
pub struct Simulated {
    pub profile: Profile,
    pub unit: u8,
    /// Where enmon finds it.
    pub address: String,
    pub registers: Arc<dyn Registers>,
    pub handle: SimHandle,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Simulated {
    /// Starts a device; a charger has been told to give 10 A, and charges a car. It is lenient: pymodbus and mbpoll don't know that a
    /// device sleeps, or needs a pause between two requests, and fail with a real one that does. How enmon gets on with such devices is
    /// tested where they are not lenient.
    pub fn start(profile: &Profile, catalogue: &Catalogue, way: Way) -> Simulated {
        let device = SingleDevice::new(profile, catalogue, None).unwrap();
        let unit = device.unit;
        let (registers, _habits, handle) = device.stand_still();
        let conduct = Conduct::new(Arc::clone(&registers));
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let (tell, told) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let (listener, address) = match way {
                    Way::Rtu | Way::Ascii => {
                        let (port, path) = SerialPort::pseudo_terminal().unwrap();
                        let (framing, scheme) =
                            if way == Way::Rtu { (Framing::Rtu, "rtu") } else { (Framing::Ascii, "ascii") };
                        let address = format!("modbus+{scheme}://{}", path.display());
                        (Listener::Serial { port, framing, settings: LINE }, address)
                    }
                    Way::Tcp | Way::RtuTcp => {
                        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                        let port = listener.local_addr().unwrap().port();
                        (Listener::Tcp(listener), format!("modbus+tcp://127.0.0.1:{port}"))
                    }
                };
                tell.send(address).unwrap();
                serve_on(listener, conduct, ServerLimits::default(), None, stopped).await.unwrap();
            });
        });
        let (address, thread) = (told.recv().unwrap(), Some(thread));
        let device = Simulated { profile: profile.clone(), unit, address, registers, handle, stop, thread };
        if device.profile.charger.is_some() {
            device.charge();
        }
        device
    }

    /// Plugs a car in and lets it charge for some seconds.
    fn charge(&self) {
        let car = CarSpec { max: Amps(32.0), delay_ms: 0, ramp: 1e6, energy_kwh: 1e6, ..CarSpec::default() };
        self.handle.plug("charger", car).unwrap();
        let charger = self.profile.charger.as_ref().unwrap();
        for _ in 0..20 {
            for Preset { point, value } in &charger.enable {
                self.put(point, *value);
            }
            self.put(&charger.limit.point, FIRST_LIMIT);
            if let Some(Feed::LifeBit { point, value, .. }) = charger.watchdog.as_ref().map(|it| &it.feed) {
                self.put(point, *value);
            }
            self.handle.with_model(|model| model.step(100, 1.0));
        }
        let truth = self.handle.truth();
        let drawn = truth.charger("charger").unwrap().drawn[0].0;
        assert!((drawn - FIRST_LIMIT).abs() < 0.1, "{}: the car draws {drawn} A", self.profile.name);
    }

    /// Writes a value to a point, past the wire.
    fn put(&self, point: &str, value: f64) {
        let words = self.words_of(point, value);
        let point = &self.profile.points[point];
        let written = self.registers.write(self.unit, point.table, point.address, &words);
        assert_eq!(written, Ok(()), "{}: {value} to {}", self.profile.name, point.address);
    }

    /// Returns a value as it stands in the registers of a point.
    pub fn words_of(&self, point: &str, value: f64) -> Vec<u16> {
        let layout = Layout::of(&self.profile.points[point], self.profile.modbus.as_ref().unwrap());
        encode(&Value::Number(value), &layout).unwrap()
    }

    /// Returns what the charger offers, by the model.
    pub fn offered(&self) -> f64 {
        self.handle.truth().charger("charger").unwrap().offered.0
    }

    /// Returns where pymodbus finds it.
    pub fn way(&self) -> String {
        way_of(&self.address)
    }

    /// Reads all points, or these, with enmon.
    pub fn read(&self, points: &[&str]) -> Vec<Shown> {
        let report = read_all(&self.address, &self.profile, points);
        Shown::of(&report, &self.profile)
    }

    /// Returns what a pymodbus server must hold to show the same: the words that were shown, and the chain of SunSpec's models.
    pub fn units(&self, shown: &[Shown]) -> Json {
        let mut words: BTreeMap<(String, u16), u16> = BTreeMap::new();
        for one in shown {
            let table = one.table();
            let whole = self.registers.read(self.unit, table, one.from, one.count).unwrap();
            words.extend((one.from..).zip(whole).map(|(at, word)| ((one.table.clone(), at), word)));
        }
        if let Some(&base) = self.profile.modbus.as_ref().and_then(|modbus| modbus.sunspec.first()) {
            words.extend(self.chain(base).map(|(at, word)| (("holding".to_owned(), at), word)));
        }
        let mut tables: BTreeMap<&str, BTreeMap<u16, Vec<u16>>> = BTreeMap::new();
        for ((table, at), word) in &words {
            let runs = tables.entry(table).or_default();
            match runs.last_entry() {
                Some(mut run) if u32::from(*run.key()) + run.get().len() as u32 == u32::from(*at) => {
                    run.get_mut().push(*word);
                }
                _ => {
                    runs.insert(*at, vec![*word]);
                }
            }
        }
        json!({ self.unit.to_string(): tables })
    }

    fn chain(&self, base: u16) -> impl Iterator<Item = (u16, u16)> + use<> {
        let word = |at| self.registers.read(self.unit, Table::Holding, at, 1).unwrap()[0];
        let mut at = base + 2;
        while word(at) != 0xFFFF {
            at += 2 + word(at + 1);
        }
        let words: Vec<u16> = (base..at + 2).map(word).collect();
        (base..).zip(words)
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            // a failure of the server has failed the test already, or will be seen in its answers
            let _ = thread.join();
        }
    }
}

/// Returns how pymodbus is told of an address.
pub fn way_of(address: &str) -> String {
    match address.split_once("://").unwrap() {
        ("modbus+tcp", place) => place.rsplit(':').next().unwrap().to_owned(),
        (scheme, path) => format!("{}:{path}", scheme.trim_start_matches("modbus+")),
    }
}

/// How enmon gets on with lenient devices: it need not leave them the pauses that the real ones need, and a busy machine may be slow.
pub const HASTE: [&str; 4] = ["--gap", "0ms", "--timeout", "10s"];

/// Reads all points of a device, or these, with enmon.
pub fn read_all(address: &str, profile: &Profile, points: &[&str]) -> Json {
    let what = ["modbus", "read", address, "--profile", &profile.name];
    enmon_json(&[&what, points, &HASTE].concat())
}

/// The registers of a point as enmon shows them, and the range in which a peer must ask for them.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    pub point: String,
    pub table: String,
    pub register: u16,
    pub words: Vec<u16>,
    /// First register of the range; another than that of the point where a device answers whole blocks only.
    pub from: u16,
    pub count: u16,
}

impl Shown {
    pub fn of(report: &Json, profile: &Profile) -> Vec<Shown> {
        let mut all: Vec<Shown> = Vec::new();
        for value in report["values"].as_array().unwrap() {
            assert_eq!(value["error"], Json::Null, "{}: {value}", profile.name);
            let point = value["point"].as_str().unwrap();
            let words: Vec<u16> = serde_json::from_value(value["raw"].clone()).unwrap();
            match all.last_mut().filter(|last| last.point == point) {
                Some(last) => last.words.extend(words),
                None => all.push(Shown {
                    point: point.to_owned(),
                    table: value["table"].as_str().unwrap().to_owned(),
                    register: value["register"].as_u64().unwrap() as u16,
                    words,
                    from: 0,
                    count: 0,
                }),
            }
        }
        for one in &mut all {
            let block = profile.points[&one.point].block;
            (one.from, one.count) =
                block.map_or((one.register, one.words.len() as u16), |block| (block.address, block.count));
        }
        all
    }

    fn table(&self) -> Table {
        serde_json::from_value(self.table.as_str().into()).unwrap()
    }

    /// Takes the point's words out of its range.
    pub fn words_in(&self, range: &[u16]) -> Vec<u16> {
        let first = usize::from(self.register - self.from);
        range[first..first + self.words.len()].to_vec()
    }
}
