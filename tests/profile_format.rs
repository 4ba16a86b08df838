//! The profile format carries what real devices need, and says what is wrong with a profile that can't work.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use enmon::profile::{Feed, Known, PilotState, Profile, ZeroLimit, read};

const HEAD: &str =
    "apiVersion: enmon/v1\nkind: Profile\nname: x\nvendor: v\nmodel: m\nsources: [{document: d}]\n";

fn findings(text: &str) -> Vec<String> {
    read("x.yaml", text).1.iter().map(ToString::to_string).collect()
}

fn valid(body: &str) -> Profile {
    let (profile, findings) = read("x.yaml", &format!("{HEAD}{body}"));
    assert_eq!(findings.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
    profile.unwrap()
}

/// ABL eMH1: Modbus ASCII, sleeps, answers whole blocks, counts terminals from 3, limit as duty cycle, 1000 switches off.
#[test]
fn a_device_that_sleeps_and_answers_whole_blocks() {
    let profile = valid(
        "modbus: {unit: 1, wake: true, maxRead: 5, serial: {baud: 38400, parity: even, stopBits: 1}}
points:
  state: {table: holding, address: 0x04, type: u16, mask: 0xFF}
  currents: {table: holding, address: 0x30, type: u16, count: 3, scale: 0.1, unit: A, block: {address: 0x2E, count: 5}}
  limit: {table: holding, address: 0x14, type: u16, scale: 0.06, unit: A, access: write}
  duty: {table: holding, address: 0x14, type: u16, access: write}
charger:
  currents: [currents]
  reversed: true
  state: {point: state, map: {0xA1: A, 0xB1: B, 0xB2: B, 0xC2: C, 0xF1: F}}
  limit: {point: limit, resolution: 0.06, pause: [{point: duty, value: 1000}]}
",
    );
    assert!(profile.charger.unwrap().reversed && profile.modbus.unwrap().wake);
}

/// Phoenix CHARX: several connectors behind one unit id, n·1000 apart; the state is a letter in the high byte.
#[test]
fn a_device_with_several_connectors() {
    let profile = valid(
        "modbus: {connectors: 48}
points:
  state: {table: holding, address: 1299, type: string, count: 1, stride: 1000}
  currents: {table: holding, address: 1238, type: i32, count: 3, scale: 0.001, unit: A, stride: 1000}
  limit: {table: holding, address: 1301, type: u16, unit: A, access: write, stride: 1000}
  connectors: {table: holding, address: 114, type: u16}
charger:
  currents: [currents]
  state: {point: state, map: {A: A, B: B, C: C, D: D, E: E, F: F}}
  limit: {point: limit}
",
    );
    assert_eq!(profile.points["limit"].address_on(3), Some(3301));
    assert_eq!(profile.points["connectors"].address_on(3), Some(114));
    assert_eq!(profile.points["limit"].address_on(0), None);
}

/// KEBA: function 06 only, no block reads, the car shows in a cable register; pause by a register of its own.
#[test]
fn a_device_that_writes_single_registers() {
    valid(
        "modbus: {unit: 255, writes: single, blockReads: false, gap: 100ms, afterConnect: 1s}
points:
  state: {table: holding, address: 1000, type: u32}
  cable: {table: holding, address: 1004, type: u32}
  current-1: {table: holding, address: 1008, type: u32, scale: 0.001, unit: A}
  current-2: {table: holding, address: 1010, type: u32, scale: 0.001, unit: A}
  current-3: {table: holding, address: 1012, type: u32, scale: 0.001, unit: A}
  limit: {table: holding, address: 5004, type: u16, scale: 0.001, unit: A, access: only, plausible: [6, 63]}
  enable: {table: holding, address: 5014, type: u16, access: only}
  offered: {table: holding, address: 1100, type: u32, scale: 0.001, unit: A}
  watchdog-read: {table: holding, address: 1602, type: u16, unit: s}
  watchdog: {table: holding, address: 5018, type: u16, unit: s, access: only}
  safe: {table: holding, address: 5016, type: u16, scale: 0.001, unit: A, access: only}
charger:
  currents: [current-1, current-2, current-3]
  state: {point: state, map: {0: A, 1: A, 2: B, 3: C, 4: F, 5: B}, typical: [1, 2], plugged: {point: cable, mask: 4, typical: 7}}
  limit:
    point: limit
    resolution: 0.001
    pause: [{point: enable, value: 0}]
    resume: [{point: enable, value: 1}]
  offered: offered
  watchdog: {default: 30s, timeout: watchdog, timeoutRead: watchdog-read, failsafe: safe, feed: timeout}
",
    );
}

/// Schneider EVlink: low word first, a life bit; Webasto is the same with another register.
#[test]
fn a_device_with_a_life_bit_and_the_low_word_first() {
    let profile = valid(
        "modbus: {unit: 255, wordOrder: little}
points:
  state: {table: holding, address: 1, type: u16}
  currents: {table: holding, address: 2999, type: f32, count: 3, unit: A}
  power: {table: holding, address: 3059, type: f32, scale: 1000, unit: W}
  energy: {table: holding, address: 3203, type: u64, scale: 0.001, unit: kWh, absent: [0x8000000000000000]}
  life: {table: holding, address: 4000, type: u16, access: only}
  limit: {table: holding, address: 4004, type: u16, unit: A, access: write}
charger:
  currents: [currents]
  power: power
  energy: energy
  state: {point: state, map: {0: A, 1: A, 3: B, 8: C, 9: C}}
  limit: {point: limit}
  watchdog: {default: 30s, feed: {lifeBit: {point: life, value: 1, every: 2s}}}
",
    );
    let feed = profile.charger.unwrap().watchdog.unwrap().feed;
    assert!(matches!(feed, Feed::LifeBit { value: 1.0, .. }));
}

/// Alfen Eve: states are texts, floats may be NaN. Heidelberg: watchdog in ms, input registers. EVSE-DIN: measures nothing.
/// Phoenix EV-ETH: a coil releases. go-e: a register that wears out beside the one to use.
#[test]
fn texts_coils_input_registers_and_nothing_measured() {
    let alfen = valid(
        "modbus: {unit: 1}
points:
  currents: {table: holding, address: 320, type: f32, count: 3, unit: A}
  state: {table: holding, address: 1201, type: string, count: 5}
  left: {table: holding, address: 1208, type: u32, unit: s}
  limit: {table: holding, address: 1210, type: f32, unit: A, access: write}
  safe: {table: holding, address: 1212, type: f32, unit: A}
  accepted: {table: holding, address: 1214, type: u16}
charger:
  currents: [currents]
  state: {point: state, map: {A: A, B: B, C2: C, C1: B, D2: D, E: A, F: F}}
  limit: {point: limit, resolution: 0.1, accepted: accepted}
  watchdog: {default: 60s, failsafeRead: safe, remaining: left, feed: limit}
",
    );
    assert_eq!(alfen.charger.unwrap().state.map["C2"], PilotState::C);
    valid(
        "modbus: {unit: 1, serial: {baud: 19200, parity: even, stopBits: 1}, gap: 200ms}
points:
  state: {table: input, address: 5, type: u16}
  watchdog: {table: holding, address: 257, type: u16, unit: ms, access: write}
  standby: {table: holding, address: 258, type: u16, access: write}
  release: {table: coil, address: 400, type: bool, access: write}
  limit: {table: holding, address: 261, type: u16, scale: 0.1, unit: A, access: write}
  stored: {table: holding, address: 300, type: u16, unit: A, access: write, wears: true}
charger:
  state: {point: state, map: {2: A, 4: B, 6: C, 7: C}}
  limit: {point: limit, resolution: 0.1, pause: [{point: release, value: 0}], resume: [{point: release, value: 1}]}
  enable: [{point: standby, value: 4}]
  watchdog: {default: 15s, timeout: watchdog, feed: request}
",
    );
}

/// SunSpec: points stand in models that are found, and are scaled by other points.
#[test]
fn a_sunspec_meter() {
    valid(
        "modbus: {unit: 1, sunspec: [40000, 0, 50000]}
points:
  currents: {table: holding, address: 3, type: i16, count: 3, unit: A, model: 203, scaleFrom: current-scale, absent: [0x8000]}
  current-scale: {table: holding, address: 6, type: i16, model: 203}
meter: {currents: [currents]}
",
    );
}

/// What tells a device: texts and numbers, exact or within a range.
#[test]
fn a_device_that_can_be_told() {
    let profile = valid(
        "identify:
  - {point: maker, startsWith: ALF}
  - {point: model, equals: 0x1001}
  - {point: volts, within: [100, 280]}
modbus: {unit: 1}
points:
  maker: {table: holding, address: 117, type: string, count: 5}
  model: {table: holding, address: 1, type: u16}
  volts: {table: holding, address: 2, type: f32, unit: V}
  amps: {table: holding, address: 4, type: f32, unit: A}
meter: {currents: [amps], voltages: [volts]}
",
    );
    let values = [Known::Text("ALFEN NV"), Known::Number(4097.0), Known::Number(231.5)];
    assert!(profile.identify.iter().zip(values).all(|(condition, value)| condition.holds(value)));
}

#[test]
fn a_condition_that_can_never_hold_says_why() {
    let body = "modbus: {unit: 1}
points:
  maker: {table: holding, address: 117, type: string, count: 5}
  amps: {table: holding, address: 4, type: f32, unit: A}
  order: {table: holding, address: 6, type: u16, access: only}
meter: {currents: [amps]}
";
    for (condition, expected) in [
        ("{point: makers, equals: A}", "no point is called `makers`; did you mean `maker`?"),
        ("{point: maker}", "a condition says one of `equals`, `startsWith` and `within`"),
        ("{point: maker, equals: A, startsWith: A}", "make two of it"),
        ("{point: maker, equals: 5}", "x.yaml:7:35: `maker` is a text"),
        ("{point: maker, within: [1, 2]}", "`maker` is a text"),
        ("{point: amps, startsWith: A}", "`amps` is a number"),
        ("{point: amps, equals: A}", "`amps` is a number"),
        ("{point: amps, within: [2, 1]}", "2 is above 1"),
        ("{point: amps, within: [2]}", "x.yaml:7:34"),
        ("{point: order, equals: 1}", "can't be read: its access is only (write)"),
        ("{point: maker, startsWith: ''}", "x.yaml:7:39"),
    ] {
        let found = findings(&format!("{HEAD}identify: [{condition}]\n{body}"));
        assert!(found.iter().any(|finding| finding.contains(expected)), "{condition}: {found:#?}");
    }
}

/// Limits that 0 A does not pause: MENNEKES takes it for "no limit", ABL shows 60 A (a duty cycle of 100 %) when it offers nothing.
#[test]
fn a_device_that_takes_zero_for_something_else() {
    let profile = valid(
        "modbus: {unit: 50}
points:
  state: {table: holding, address: 0x100, type: u16}
  signalled: {table: holding, address: 0x114, type: f32, unit: A}
  limit: {table: holding, address: 0x302, type: f32, unit: A, access: write}
charger:
  state: {point: state, map: {1: A, 2: B, 5: C}}
  limit: {point: limit, resolution: 0.1, zero: lifts, pause: [{point: limit, value: 1}]}
  offered: signalled
  nothingOffered: 60
",
    );
    let charger = profile.charger.unwrap();
    assert_eq!(charger.limit.zero, ZeroLimit::Lifts);
    assert_eq!(charger.offered_point(), "signalled");
    assert_eq!(
        [60.0, 1000.0 * 0.06, 59.9, 16.0, 0.0, -1.0].map(|amps| charger.offer(amps)),
        [0.0, 0.0, 59.9, 16.0, 0.0, 0.0]
    );
}

#[test]
fn a_profile_that_can_not_work_says_why() {
    let abb = include_str!("../templates/profiles/abb-terra-ac.yaml");
    let endpoint = include_str!("../templates/profiles/enmon-endpoint.yaml");
    for (text, old, new, expected) in [
        (
            abb,
            "point: limit\n",
            "point: limits\n",
            "x.yaml:124:12: no point is called `limits`; did you mean `limit`?",
        ),
        (
            abb,
            "    access: only\n    plausible",
            "    plausible",
            "x.yaml:123:12: `limit` can't be written: its access is read",
        ),
        (abb, "  offered: offered\n", "", "can't be read, and `offered` names no other point to read back"),
        (
            abb,
            "scale: 0.001\n    unit: A\n    access",
            "scale: 0\n    unit: A\n    access",
            "a scale of 0 makes every value 0",
        ),
        (
            abb,
            "unit: A\n    access: only",
            "unit: W\n    access: only",
            "`limit` has the unit W; it must be A",
        ),
        (
            abb,
            "    resolution: 0.001\n",
            "    resolution: 0.001\n    zero: lifts\n",
            "0 A does not pause the charger, and `pause` says no other way",
        ),
        (abb, "  offered: offered\n", "  offered: offered\n  nothingOffered: -1\n", "-1"),
        (abb, "{0: A, 1: B", "{zero: A, 1: B", "`zero` is no whole number"),
        (abb, "{0: A, 1: B", "{0x01: A, 1: B", "`1` is the same value as `0x01`"),
        (abb, "{0: A, 1: B", "{0: G, 1: B", "`G` is none of A, B, C, D, E, F"),
        (abb, "resolution: 0.001", "resolution: 0.0001", "is too small"),
        (abb, "address: 0x4106\n", "address: 65536\n", "65536 is too large: at most 65535"),
        (abb, "address: 0x401C\n", "address: 65535\n", "beyond the last address"),
        (abb, "    shift: 8\n", "    shift: 40\n", "a shift must be less than 32 bits"),
        (abb, "    mask: 0x7F00\n", "    mask: 0x7F00000000\n", "the mask is longer than 32 bits"),
        (
            abb,
            "count: 3\n    scale: 0.001",
            "count: 4\n    scale: 0.001",
            "these are 4 values; there are three terminals",
        ),
        (abb, "maxRead: 40", "maxRead: 4", "takes 6 registers, and the device gives 4 in one read"),
        (abb, "writes: multiple", "writes: single", "takes 2 registers, and the device writes one at a time"),
        (
            abb,
            "table: holding\n    address: 0x4100",
            "table: input\n    address: 0x4100",
            "Modbus has no writing in this table",
        ),
        (
            abb,
            "type: u16\n    unit: s\n    access",
            "type: bool\n    unit: s\n    access",
            "registers have no type bool",
        ),
        (
            abb,
            "access: only\n    plausible: [0, 80]",
            "access: only\n    wears: true\n    plausible: [0, 80]",
            "wears out",
        ),
        (
            abb,
            "plausible: [0, 80]\n    about: Charging current limit\n",
            "plausible: [80, 0]\n",
            "80 is above 0",
        ),
        (abb, "default: 60s", "default: 0s", "a watchdog of 0"),
        (
            abb,
            "feed: request",
            "feed: {lifeBit: {point: watchdog, value: 1, every: 2m}}",
            "does not keep a watchdog of 1m quiet",
        ),
        (
            abb,
            "    timeout: watchdog\n    timeoutRead: watchdog-in-force\n    feed: request",
            "    feed: timeout",
            "`timeout` must name the point that is written again",
        ),
        (
            abb,
            "    feed: request",
            "    failsafeRead: limit\n    feed: request",
            "its access is only (write)",
        ),
        (abb, "    feed: request", "    remaining: power\n    feed: request", "it must be s or ms"),
        (abb, "4: C, 5: B}", "4: C, 5: B}\n    typical: [9]", "this is not in the state's `map`"),
        (
            abb,
            "4: C, 5: B}",
            "4: C, 5: B}\n    plugged: {point: state, mask: 4, typical: 3}",
            "this lacks bits of the mask",
        ),
        (
            abb,
            "resolution: 0.001\n",
            "resolution: 0.001\n    accepted: nothing\n",
            "no point is called `nothing`",
        ),
        (
            abb,
            "feed: request",
            "feed: requests",
            "`requests` is none of request, limit, timeout; did you mean `request`?",
        ),
        (abb, "name: abb-terra-ac", "name: ABB", "can't be used as this name; use small letters"),
        (
            abb,
            "charger:\n",
            "meter: {currents: [currents]}\ncharger:\n",
            "a device is a charger or a meter, not both",
        ),
        (
            abb,
            "    unit: kWh\n",
            "    unit: kWh\n    stride: 10\n",
            "`modbus.connectors` must say how many there are",
        ),
        (
            abb,
            "    unit: kWh\n",
            "    unit: kWh\n    model: 203\n",
            "`modbus.sunspec` must say where the models begin",
        ),
        (
            abb,
            "    unit: kWh\n",
            "    unit: kWh\n    block: {address: 0, count: 9}\n",
            "the point is not within its block",
        ),
        (abb, "  energy:\n", "  Energy:\n", "`Energy` can't be the name of a point"),
        (
            endpoint,
            "charger-limit: {field: max_current, unit: A, access: write}",
            "charger-limit: {field: max_current, unit: A}",
            "`charger-limit` can't be written",
        ),
        (endpoint, "  jsonPath: /charger\n", "", "`jsonPath` is missing"),
        (endpoint, "unit: °C", "unit: K", "`temperature` has the unit K; it must be °C"),
        (endpoint, "charger-id:", "smoke:", "`smoke` is the name of a metric's point already"),
        (endpoint, "map: {0: off, 1: on, 2: tripped}", "map: {}", "this table maps nothing"),
    ] {
        assert!(text.contains(old), "not there: {old}");
        let found = findings(&text.replacen(old, new, 1));
        assert!(found.iter().any(|finding| finding.contains(expected)), "{new}: {found:#?}");
        assert!(found.iter().all(|finding| finding.starts_with("x.yaml:")), "{found:#?}");
    }
    for (body, expected) in [
        ("", "neither `modbus` nor `endpoint`"),
        ("modbus: {}\n", "nothing says what the device is"),
        (
            "points:\n  a: {table: holding, address: 1, type: u16}\nendpoint: {metricsPath: /m, timeout: 1s}\n",
            "`modbus` is missing",
        ),
        ("modbus: {}\nendpoint: {metricsPath: /m, timeout: 1s}\n", "not both"),
        ("modbus: {}\ncabinet: {}\n", "`temperature` or `smoke`"),
    ] {
        let found = findings(&format!("{HEAD}{body}"));
        assert!(found.iter().any(|finding| finding.contains(expected)), "{body}: {found:#?}");
    }
}
