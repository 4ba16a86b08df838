//! The checker: asks all places, all witnesses and the mover at once, and moves the name as it is told.
//!
//! It decides nothing; `decision` does. A move is remembered before it is asked for, so that a crash in between makes the next one later, not
//! sooner; when it turns out that it was not made, it is forgotten again.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use futures_util::future::{join, join_all};

use super::mover::LONGEST_REQUEST;
use super::{
    AnyMover, Failback, Memory, Mover, MoverError, Pointing, Probe, ProbeReport, Record, RecordError, Round,
    Rules,
};
use crate::site::{FailbackChoice, FailoverEntry, Period};

/// How long a witness may take.
const WITNESS_LIMIT: Duration = Duration::from_secs(3);
/// What clients get beside twice the TTL to see a move, in milliseconds.
const CONFIRM_MS: u64 = 30_000;
/// So many rounds may be missed in a row before counting begins anew.
const MISSED_ROUNDS: u64 = 10;

/// A place, ready to be asked.
#[derive(Debug)]
struct Place {
    addresses: Vec<String>,
    probes: Vec<Probe>,
}

/// Asks the places and moves the name.
#[derive(Debug)]
pub struct Checker {
    /// How patient the decision is.
    pub rules: Rules,
    /// Names of the places, in order.
    pub names: Vec<String>,
    places: Vec<Place>,
    witnesses: Vec<Probe>,
    mover: AnyMover,
}

/// A place as a round has seen it.
#[derive(Debug, Clone, PartialEq)]
pub struct PlaceSeen {
    /// Its name.
    pub name: String,
    /// What the name points to there.
    pub addresses: Vec<String>,
    /// Its checks.
    pub checks: Vec<ProbeReport>,
}

impl PlaceSeen {
    /// Says whether all its checks are well.
    pub fn is_healthy(&self) -> bool {
        self.checks.iter().all(ProbeReport::is_well)
    }
}

/// What a round has seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The places, in order.
    pub places: Vec<PlaceSeen>,
    /// The witnesses.
    pub witnesses: Vec<ProbeReport>,
    /// What the name points to.
    pub addresses: Result<Vec<String>, MoverError>,
    /// The same, for the decision.
    pub round: Round,
}

/// What came of a move.
#[derive(Debug)]
pub enum Moved {
    /// The name points there now.
    Yes,
    /// It does not.
    No(MoverError),
}

/// Says which place some addresses are.
pub fn pointing<'a>(places: impl Iterator<Item = &'a [String]>, addresses: &[String]) -> Pointing {
    let plain = |addresses: &[String]| -> BTreeSet<String> {
        let one = |address: &String| match address.parse::<IpAddr>() {
            Ok(address) => address.to_string(),
            Err(_) => address.trim_end_matches('.').to_ascii_lowercase(),
        };
        addresses.iter().map(one).collect()
    };
    let wanted = plain(addresses);
    if wanted.is_empty() {
        return Pointing::Nowhere;
    }
    let mut places = places;
    match places.position(|place| plain(place) == wanted) {
        Some(place) => Pointing::Place(place),
        None => Pointing::Elsewhere(addresses.join(", ")),
    }
}

/// Makes the rules of what the site file says.
fn rules(entry: &FailoverEntry) -> Rules {
    // a round in which a place hangs takes as long as it may
    let checks = entry.places.iter().flat_map(|place| &place.checks);
    let slowest = checks.map(|check| check.max_latency.0).max().unwrap_or_default().max(LONGEST_REQUEST);
    let round_ms = entry.every.as_millis().saturating_add(Period(slowest).as_millis());
    let fail_for_ms = entry.fail_for.as_millis();
    let usual_ms = entry.mover.ttl.as_millis().saturating_mul(2).saturating_add(CONFIRM_MS);
    Rules {
        fail_after: entry.fail_after,
        fail_for_ms,
        recover_after: entry.recover_after,
        dwell_ms: entry.dwell.as_millis(),
        moves_per_hour: entry.moves_per_hour,
        failback: match entry.failback {
            FailbackChoice::Manual => Failback::Manual,
            FailbackChoice::Auto => Failback::Auto,
        },
        confirm_ms: entry.confirm.map_or(usual_ms, |confirm| confirm.as_millis()),
        row_gap_ms: round_ms.saturating_mul(MISSED_ROUNDS).max(fail_for_ms),
    }
}

impl Checker {
    /// Makes a checker of the site file's entry, whose paths are relative to `folder`. Nothing is asked yet.
    ///
    /// # Errors
    /// When a file that is needed can't be used.
    pub async fn new(entry: &FailoverEntry, folder: &Path) -> Result<Checker, MoverError> {
        let mut places = Vec::new();
        for place in &entry.places {
            let probes = place.checks.iter().map(|check| Probe::new(check, folder));
            let probes = probes.collect::<Result<Vec<Probe>, String>>();
            let probes = probes.map_err(|reason| {
                MoverError::Settings(format!("the checks of `{}`: {reason}", place.name))
            })?;
            places.push(Place { addresses: place.addresses.clone(), probes });
        }
        Ok(Checker {
            rules: rules(entry),
            names: entry.places.iter().map(|place| place.name.clone()).collect(),
            places,
            witnesses: entry.witness.iter().map(|address| Probe::port(address, WITNESS_LIMIT)).collect(),
            mover: AnyMover::of(entry, folder).await?,
        })
    }

    /// Returns the addresses of a place.
    pub fn addresses(&self, place: usize) -> &[String] {
        self.places.get(place).map_or(&[], |place| &place.addresses)
    }

    /// Returns what a move would do, in words.
    pub fn plan(&self, expected: &[String], to: usize) -> Vec<String> {
        self.mover.plan(expected, self.addresses(to))
    }

    /// Asks everybody, at once.
    pub async fn look(&self) -> Seen {
        let places = join_all(self.places.iter().map(|place| join_all(place.probes.iter().map(Probe::ask))));
        let witnesses = join_all(self.witnesses.iter().map(Probe::ask));
        let name = join(self.where_now(), self.clients());
        let ((places, witnesses), (addresses, clients)) = join(join(places, witnesses), name).await;
        let places: Vec<PlaceSeen> = std::iter::zip(&self.names, &self.places)
            .zip(places)
            .map(|((name, place), checks)| PlaceSeen {
                name: name.clone(),
                addresses: place.addresses.clone(),
                checks,
            })
            .collect();
        let round = Round {
            healthy: places.iter().map(PlaceSeen::is_healthy).collect(),
            witnesses_up: witnesses.iter().filter(|witness| witness.is_well()).count(),
            witnesses: witnesses.len(),
            points_to: match &addresses {
                Ok(addresses) => self.pointing(addresses),
                Err(error) => Pointing::Unknown(error.to_string()),
            },
            seen_by_clients: match clients {
                Ok(addresses) => addresses.map(|addresses| self.pointing(&addresses)),
                Err(error) => Some(Pointing::Unknown(error.to_string())),
            },
        };
        Seen { places, witnesses, addresses, round }
    }

    fn pointing(&self, addresses: &[String]) -> Pointing {
        pointing(self.places.iter().map(|place| place.addresses.as_slice()), addresses)
    }

    async fn where_now(&self) -> Result<Vec<String>, MoverError> {
        within(self.mover.where_now()).await?
    }

    async fn clients(&self) -> Result<Option<Vec<String>>, MoverError> {
        within(self.mover.seen_by_clients()).await?
    }

    /// Moves the name from the addresses that were seen to a place, and keeps in memory that it was.
    ///
    /// # Errors
    /// When the memory can't be kept. Before the move: nothing was asked for then.
    pub async fn move_to(
        &self,
        expected: &[String],
        to: usize,
        (now_ms, by_hand): (u64, bool),
        memory: &mut Memory,
        record: &Record,
    ) -> Result<Moved, RecordError> {
        let before = memory.clone();
        let name = self.names.get(to).cloned().unwrap_or_default();
        memory.moved(now_ms, &name, by_hand);
        record.save(memory)?;
        let target = self.addresses(to);
        let mut outcome = match within(self.mover.move_to(expected, target)).await {
            Ok(outcome) => outcome,
            // the request was dropped half way
            Err(MoverError::Unreachable { server, reason }) => Err(MoverError::Unsure { server, reason }),
            Err(error) => Err(error),
        };
        if let Err(MoverError::Unsure { .. }) = &outcome
            && let Ok(addresses) = self.where_now().await
            && self.pointing(&addresses) == Pointing::Place(to)
        {
            outcome = Ok(());
        }
        Ok(match outcome {
            Ok(()) => Moved::Yes,
            Err(error) => {
                *memory = before;
                record.save(memory)?;
                Moved::No(error)
            }
        })
    }
}

/// Bounds what a mover takes in all; it may ask several times.
async fn within<T>(work: impl Future<Output = T>) -> Result<T, MoverError> {
    let limit = LONGEST_REQUEST.saturating_mul(4);
    tokio::time::timeout(limit, work).await.map_err(|_| MoverError::Unreachable {
        server: "who keeps the name".into(),
        reason: format!("no answer within {} s", limit.as_secs()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(addresses: &[&str]) -> Vec<String> {
        addresses.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn addresses_are_a_place_in_any_order_and_spelling() {
        let places = [list(&["192.0.2.1", "2001:db8::1"]), list(&["cloud.example.org"])];
        let at = |addresses: &[&str]| pointing(places.iter().map(Vec::as_slice), &list(addresses));
        assert_eq!(at(&["2001:0db8:0::1", "192.0.2.1"]), Pointing::Place(0));
        assert_eq!(at(&["Cloud.Example.ORG."]), Pointing::Place(1));
        assert_eq!(at(&["192.0.2.1"]), Pointing::Elsewhere("192.0.2.1".into()));
        assert_eq!(at(&[]), Pointing::Nowhere);
    }

    #[test]
    fn a_row_outlasts_rounds_in_which_a_place_hangs() {
        let entry = serde_json::json!({
            "name": "metrics.example.org", "witness": ["192.0.2.1:443"], "every": "1s", "failFor": "1s",
            "places": [
                {"name": "a", "addresses": ["192.0.2.1"], "checks": [{"kind": "tcp", "address": "192.0.2.1:1", "maxLatency": "60s"}]},
                {"name": "b", "addresses": ["192.0.2.2"], "checks": [{"kind": "tcp", "address": "192.0.2.2:1"}]},
            ],
            "mover": {"kind": "service", "namespace": "energy", "service": "metrics", "kubeconfig": "none"},
        });
        let rules = rules(&serde_json::from_value(entry).unwrap());
        assert_eq!(rules.row_gap_ms, 610_000);
        assert_eq!(rules.confirm_ms, 90_000, "twice the usual TTL, and 30 s");
    }
}
