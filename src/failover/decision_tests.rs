//! The decision in tables, and in random worlds that hold what must never happen against it.

use proptest::prelude::*;

use super::*;

const ROUND_MS: u64 = 10_000;

fn rules() -> Rules {
    Rules {
        fail_after: 3,
        fail_for_ms: 20_000,
        recover_after: 4,
        dwell_ms: 60_000,
        moves_per_hour: 4,
        failback: Failback::Auto,
        confirm_ms: 30_000,
        row_gap_ms: 60_000,
    }
}

fn names(count: usize) -> Vec<String> {
    ["a", "b", "c"].iter().take(count).map(ToString::to_string).collect()
}

/// A world in which every move is made and seen at once.
struct World {
    rules: Rules,
    names: Vec<String>,
    now_ms: u64,
    here: Pointing,
    clients: Option<Pointing>,
    memory: Memory,
}

impl World {
    fn new(rules: Rules) -> World {
        let names = names(2);
        let here = Pointing::Place(0);
        World { rules, names, now_ms: 1_000_000_000, here, clients: None, memory: Memory::default() }
    }

    /// A round: `+` and `-` for each place, then `|`, then the same for each witness.
    fn round(&mut self, seen: &str) -> Decision {
        let (places, witnesses) = seen.split_once('|').unwrap();
        let round = Round {
            healthy: places.chars().map(|sign| sign == '+').collect(),
            witnesses_up: witnesses.matches('+').count(),
            witnesses: witnesses.len(),
            points_to: self.here.clone(),
            seen_by_clients: self.clients.clone(),
        };
        self.now_ms += ROUND_MS;
        let (decision, memory) = decide(self.now_ms, &self.rules, &self.names, &round, &self.memory);
        self.memory = memory;
        if let Action::FailOver { to, .. } | Action::FailBack { to, .. } = decision.action {
            self.here = Pointing::Place(to);
            self.memory.moved(self.now_ms, &self.names[to], false);
        }
        decision
    }

    fn rounds(&mut self, seen: &str, count: usize) -> Action {
        (1..count).for_each(|_| drop(self.round(seen)));
        self.round(seen).action
    }
}

const OVER: Action = Action::FailOver { from: 0, to: 1 };
const BACK: Action = Action::FailBack { from: 1, to: 0 };

#[test]
fn a_place_fails_after_so_many_rounds_and_so_long() {
    let mut world = World::new(rules());
    assert_eq!(world.round("++|+").action, Action::Stay(Stay::Healthy));
    assert_eq!(world.round("-+|+").action, Action::Stay(Stay::Failing { bad: 1, for_ms: 0 }));
    assert_eq!(world.round("-+|+").action, Action::Stay(Stay::Failing { bad: 2, for_ms: 10_000 }));
    assert_eq!(world.round("-+|+").action, OVER);
    // rounds alone are not enough, nor is time alone
    let mut world = World::new(Rules { fail_for_ms: 50_000, ..rules() });
    assert_eq!(world.rounds("-+|+", 5), Action::Stay(Stay::Failing { bad: 5, for_ms: 40_000 }));
    assert_eq!(world.round("-+|+").action, OVER);
    let mut world = World::new(Rules { fail_for_ms: 0, ..rules() });
    assert_eq!(world.rounds("-+|+", 2), Action::Stay(Stay::Failing { bad: 2, for_ms: 10_000 }));
    assert_eq!(world.round("-+|+").action, OVER);
}

#[test]
fn one_good_round_begins_the_row_anew() {
    let mut world = World::new(rules());
    world.rounds("-+|+", 2);
    world.round("++|+");
    assert_eq!(world.rounds("-+|+", 2), Action::Stay(Stay::Failing { bad: 2, for_ms: 10_000 }));
    assert_eq!(world.round("-+|+").action, OVER);
}

#[test]
fn a_checker_that_is_cut_off_moves_nothing_and_counts_nothing() {
    for cut_off in ["-+|-", "-+|--+", "-+|-+", "--|-"] {
        let mut world = World::new(rules());
        world.rounds("-+|+", 2);
        assert_eq!(world.rounds(cut_off, 20), Action::Stay(Stay::CutOff), "{cut_off}");
        // what was seen before counts no longer
        assert_eq!(world.rounds("-+|+", 2), Action::Stay(Stay::Failing { bad: 2, for_ms: 10_000 }));
        assert_eq!(world.round("-+|++-").action, OVER);
    }
}

#[test]
fn when_all_are_down_the_name_stays() {
    let mut world = World::new(rules());
    assert_eq!(world.rounds("--|+", 9), Action::Stay(Stay::AllDown));
    // the first that comes back gets it
    assert_eq!(world.round("-+|+").action, OVER);
    let mut world = World::new(rules());
    world.names = names(3);
    assert_eq!(world.rounds("--+|+", 3), Action::FailOver { from: 0, to: 2 });
}

#[test]
fn going_back_takes_good_rounds_and_the_dwell() {
    let mut world = World::new(rules());
    world.rounds("-+|+", 3);
    assert_eq!(world.round("-+|+").action, Action::Stay(Stay::Healthy));
    assert_eq!(world.rounds("++|+", 3), Action::Stay(Stay::Recovering { place: 0, good: 3 }));
    assert_eq!(world.round("++|+").action, Action::Stay(Stay::Dwell { left_ms: 10_000 }));
    assert_eq!(world.round("++|+").action, BACK);
    // and nothing moves back over within the dwell, whatever happens
    assert_eq!(world.rounds("-+|+", 5), Action::Stay(Stay::Dwell { left_ms: 10_000 }));
    assert_eq!(world.round("-+|+").action, OVER);
}

#[test]
fn a_person_decides_about_going_back() {
    let mut world = World::new(Rules { failback: Failback::Manual, ..rules() });
    world.rounds("-+|+", 3);
    assert_eq!(world.rounds("++|+", 50), Action::Stay(Stay::ByHand { place: 0 }));
    // one who has chosen the standby is left in peace with `auto`, too, until it fails
    let mut world = World::new(rules());
    world.here = Pointing::Place(1);
    world.memory.moved(world.now_ms, "b", true);
    assert_eq!(world.rounds("++|+", 50), Action::Stay(Stay::ByHand { place: 0 }));
    assert_eq!(world.rounds("+-|+", 3), Action::FailOver { from: 1, to: 0 });
    assert_eq!(world.memory.chosen_by_hand, None);
}

#[test]
fn moves_in_an_hour_are_bounded() {
    let mut world = World::new(Rules { dwell_ms: 0, moves_per_hour: 2, ..rules() });
    assert_eq!(world.rounds("-+|+", 3), OVER);
    assert_eq!(world.rounds("++|+", 4), BACK);
    assert_eq!(world.rounds("-+|+", 9), Action::Stay(Stay::TooManyMoves));
    let first = world.memory.moves_ms[0];
    while world.now_ms + ROUND_MS < first + HOUR_MS {
        assert_eq!(world.round("-+|+").action, Action::Stay(Stay::TooManyMoves));
    }
    assert_eq!(world.round("-+|+").action, OVER, "an hour after the first move");
}

#[test]
fn a_name_that_points_elsewhere_is_left_alone() {
    let cases = [
        (Pointing::Elsewhere("192.0.2.9".into()), Stay::NotOurs("192.0.2.9".into())),
        (Pointing::Nowhere, Stay::NotOurs("nothing".into())),
        (Pointing::Unknown("no answer".into()), Stay::Unknown("no answer".into())),
    ];
    for (here, expected) in cases {
        let mut world = World::new(rules());
        world.here = here;
        assert_eq!(world.rounds("-+|+", 9), Action::Stay(expected));
    }
}

#[test]
fn a_move_that_clients_do_not_follow_is_reported() {
    let mut world = World::new(rules());
    world.clients = Some(Pointing::Place(0));
    assert_eq!(world.rounds("-+|+", 3), OVER);
    for _ in 0..3 {
        assert_eq!(world.round("-+|+").unconfirmed, None, "they have time");
    }
    assert_eq!(world.round("-+|+").unconfirmed.as_deref(), Some("b"));
    world.clients = Some(Pointing::Place(1));
    assert_eq!(world.round("-+|+").unconfirmed, None);
    assert_eq!(world.memory.pending, None);
}

#[test]
fn memory_outlives_a_restart_but_not_a_long_pause() {
    let mut world = World::new(rules());
    world.rounds("-+|+", 2);
    let text = serde_json::to_string(&world.memory).unwrap();
    world.memory = serde_json::from_str(&text).unwrap();
    assert_eq!(world.round("-+|+").action, OVER);
    let mut world = World::new(rules());
    world.rounds("-+|+", 2);
    world.now_ms += 60_000;
    assert_eq!(world.round("-+|+").action, Action::Stay(Stay::Failing { bad: 1, for_ms: 0 }));
    // a clock that was set back: the dwell begins anew and ends
    let mut world = World::new(rules());
    world.rounds("-+|+", 3);
    world.now_ms -= 500_000_000;
    assert_eq!(world.rounds("++|+", 6), Action::Stay(Stay::Dwell { left_ms: 10_000 }));
    assert_eq!(world.round("++|+").action, BACK);
}

#[test]
fn a_person_is_refused_what_would_harm() {
    let round = |healthy: [bool; 2], up| Round {
        healthy: healthy.to_vec(),
        witnesses_up: up,
        witnesses: 1,
        points_to: Pointing::Place(0),
        seen_by_clients: None,
    };
    assert_eq!(permit(1, &round([false, true], 1)), Ok(()));
    assert_eq!(permit(1, &round([true, false], 1)), Err(Refusal::Unhealthy));
    assert_eq!(permit(1, &round([true, true], 0)), Err(Refusal::CutOff));
    assert_eq!(permit(2, &round([true, true], 1)), Err(Refusal::Unhealthy));
}

fn a_round(places: usize) -> impl Strategy<Value = (Vec<bool>, usize, u64, bool)> {
    // places are bad for stretches, witnesses rarely; now and then a long pause or a restart
    let pause = prop_oneof![9 => 1_000_u64..30_000, 1 => 30_000_u64..4_000_000];
    (prop::collection::vec(prop::bool::weighted(0.5), places), 0_usize..=3, pause, prop::bool::weighted(0.1))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn nothing_that_must_never_happen_happens(
        auto in any::<bool>(),
        fail_after in 1_u32..5,
        fail_for_ms in 0_u64..60_000,
        recover_after in 1_u32..5,
        dwell_ms in 0_u64..120_000,
        moves_per_hour in 1_u32..5,
        rounds in prop::collection::vec(a_round(3), 1..120),
    ) {
        let failback = if auto { Failback::Auto } else { Failback::Manual };
        let rules = Rules { fail_after, fail_for_ms, recover_after, dwell_ms, moves_per_hour, failback, ..rules() };
        let names = names(3);
        let (mut now_ms, mut here, mut memory) = (5_000_000_000_u64, 0_usize, Memory::default());
        let mut moves: Vec<u64> = Vec::new();
        let mut bad_in_row = [0_u32; 3];
        for (healthy, witnesses_up, pause_ms, restart) in rounds {
            now_ms += pause_ms;
            if restart {
                memory = serde_json::from_str(&serde_json::to_string(&memory).unwrap()).unwrap();
            }
            for (count, healthy) in bad_in_row.iter_mut().zip(&healthy) {
                *count = if *healthy { 0 } else { *count + 1 };
            }
            let round = Round {
                healthy: healthy.clone(), witnesses_up, witnesses: 3, points_to: Pointing::Place(here), seen_by_clients: None,
            };
            let (decision, next) = decide(now_ms, &rules, &names, &round, &memory);
            memory = next;
            let to = match decision.action {
                Action::Stay(_) => continue,
                Action::FailOver { from, to } => {
                    prop_assert_eq!(from, here);
                    prop_assert!(!healthy[here] && bad_in_row[here] >= fail_after);
                    to
                }
                Action::FailBack { from, to } => {
                    prop_assert_eq!(from, here);
                    prop_assert!(auto && to < here && healthy[here]);
                    to
                }
            };
            prop_assert!(to != here && healthy[to], "to a place that is not healthy");
            prop_assert!(witnesses_up >= 2, "without a quorum");
            if let Some(last) = moves.last() {
                prop_assert!(now_ms - last >= dwell_ms, "within the dwell");
            }
            let in_hour = moves.iter().filter(|moved| now_ms - **moved < HOUR_MS).count();
            prop_assert!(in_hour < moves_per_hour as usize, "too often in an hour");
            moves.push(now_ms);
            memory.moved(now_ms, &names[to], false);
            here = to;
        }
        prop_assert!(memory.rows.len() <= 3 && memory.moves_ms.len() <= moves_per_hour as usize + 1);
    }
}
