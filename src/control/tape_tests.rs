//! The tape gives back what was put on it, and a replay notices what is not as it was.

use std::sync::Arc;

use proptest::prelude::*;

use super::fixture::{all_charging, charger, circuit, site, with_meter};
use super::replay::{Differing, Replay};
use super::tape::{Frame, Recorder, SiteText, Taped, pack, unpack};
use super::*;
use crate::site::{Amps, Site};

fn garage() -> Site {
    let chargers = (0..4).map(|index| charger(&format!("ev{index}"), 0)).collect();
    with_meter(site(vec![circuit("main", None, 40.0)], chargers), 0)
}

fn text() -> Arc<SiteText> {
    Arc::new(SiteText { path: "enmon.yaml".into(), text: "name: test".into() })
}

/// A snapshot made of noise; some readings are missing, some old, some no number.
fn noisy(random: &mut fastrand::Rng, now: Time, site: &Site, state: &State) -> Snapshot {
    let mut snapshot = all_charging(now, site, 6.0);
    for index in 0..site.chargers.len() {
        let told = state.chargers[index].setpoint.unwrap_or(Amps::ZERO);
        snapshot.ceilings[index] = (random.u8(..10) > 0).then_some(told);
        match random.u8(..8) {
            0 => snapshot.chargers[index] = None,
            1 => {}
            kind => {
                let Some(reading) = &mut snapshot.chargers[index] else { continue };
                reading.value.offered = told;
                let drawn = if kind == 2 { f64::NAN } else { told.0 * random.f64() };
                reading.value.drawn = [Amps(drawn); 3];
            }
        }
    }
    let currents = [(); 3].map(|()| (random.u8(..9) > 0).then(|| Amps(random.f64() * 40.0)));
    let value = MeterReading { currents, voltages: [Some(0.1 + 0.2); 3], ..MeterReading::default() };
    snapshot.meters[0] = (random.u8(..9) > 0).then_some(Reading { at: now, value });
    snapshot
}

/// Plays a day of the controller with orders and reloads, and returns the frames as they are written.
fn day(seed: u64, decisions: u64) -> Vec<Vec<u8>> {
    let (site, mut file) = (garage(), text());
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut recorder, mut state) = (Recorder::default(), State::empty(&site));
    let mut frames = Vec::new();
    for cycle in 0..decisions {
        let now = Time(1_700_000_000_000 + cycle * 1000);
        if random.u8(..20) == 0 {
            let limit = Amps(f64::from(random.u8(6..16)));
            let order = Override { limit, until: None, who: "ada".into(), why: "test".into() };
            state.chargers[0].order = random.bool().then_some(order);
        }
        if random.u16(..200) == 0 {
            file = text();
        }
        let snapshot = noisy(&mut random, now, &site, &state);
        let before = state.clone();
        let decision = Arc::new(step(now, &site, &snapshot, &before));
        state = decision.state.clone();
        let taped = Taped { cycle, file: Arc::clone(&file), snapshot, before, decision };
        frames.push(recorder.record(&taped).unwrap().data);
        if random.u8(..50) == 0 {
            recorder.restart();
        }
    }
    frames
}

fn replayed(frames: &[Vec<u8>]) -> Replay {
    let site = garage();
    let mut replay = Replay::default();
    for frame in frames {
        replay.decide(&site, Frame::read(frame).unwrap());
    }
    replay
}

proptest! {
    // a case is a day of its own
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_taped_day_comes_out_bit_by_bit(seed: u64) {
        let frames = day(seed, 350);
        let block = pack(frames.iter().map(Vec::as_slice));
        let replay = replayed(&unpack(&block).unwrap());
        prop_assert_eq!((replay.decisions, replay.skipped), (350, 0));
        prop_assert_eq!(replay.first, None);
    }

    #[test]
    fn no_block_makes_the_reader_stumble(block: Vec<u8>) {
        for frame in unpack(&block).into_iter().flatten() {
            // whatever it says, it must not end in a panic
            let _ = Frame::read(&frame);
        }
    }
}

#[test]
fn a_reel_begins_anew_before_it_is_too_long() {
    let frames = day(7, 700);
    let keys: Vec<usize> = (0..700).filter(|&index| Frame::read(&frames[index]).unwrap().is_key).collect();
    assert!(keys.windows(2).all(|pair| pair[1] - pair[0] <= 300), "{keys:?}");
    // what lies before the first key frame that is left can't be understood, and is counted
    let replay = replayed(&frames[1..]);
    assert_eq!(replay.first, None);
    assert_eq!(replay.skipped, keys[1] as u64 - 1);
}

#[test]
fn a_changed_record_is_noticed() {
    let site = garage();
    let frames = day(3, 40);
    let mut replay = Replay::default();
    for (index, bytes) in frames.iter().enumerate() {
        let mut frame = Frame::read(bytes).unwrap();
        if index == 20 {
            let mut state = replay_state(&frames, 20);
            state.chargers[2].order =
                Some(Override { limit: Amps::ZERO, until: None, who: "eve".into(), why: "none".into() });
            frame.state = Some(state);
        }
        replay.decide(&site, frame);
    }
    let first = replay.first.unwrap();
    assert_eq!((first.cycle, first.at), (20, Time(1_700_000_020_000)));
    let (Differing::Limit { charger, recorded, replayed }
    | Differing::Target { charger, recorded, replayed }) = first.what
    else {
        panic!("{first:?}")
    };
    assert_eq!((charger.as_str(), replayed), ("ev2", Amps::ZERO));
    assert!(recorded > Amps::ZERO);
}

/// The memory before a decision of a day.
fn replay_state(frames: &[Vec<u8>], before: usize) -> State {
    let site = garage();
    let mut replay = Replay::default();
    let mut state = State::empty(&site);
    for bytes in &frames[..before] {
        if let Some((_, decision)) = replay.decide(&site, Frame::read(bytes).unwrap()) {
            state = decision.state;
        }
    }
    state
}
