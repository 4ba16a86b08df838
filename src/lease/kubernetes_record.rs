//! A lease's record as a Lease of Kubernetes, and back: the fields that client-go's leader election uses, and one annotation for the rest.
//!
//! | here | there |
//! |---|---|
//! | holder; empty: given back | `spec.holderIdentity`; absent |
//! | generation | `spec.leaseTransitions` |
//! | lease time | `spec.leaseDurationSeconds`, rounded up |
//! | – | `spec.renewTime`, `spec.acquireTime`: for people, and for client-go, by the clock of who wrote it |
//! | all of it, exact | annotation `enmon.dev/lease` |
//!
//! The annotation is believed as long as the spec is what was written with it. Else other software or a hand has changed the spec, which then
//! counts: whoever stands there holds the lease. An identity that a hand has taken away gives nothing back: who bore it may be writing still.

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use k8s_openapi::jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::control::LeaseRecord;

/// Where the whole record is.
pub(super) const ANNOTATION: &str = "enmon.dev/lease";

/// Bytes of orders at the most: all annotations of an object together may have 262,144.
const LONGEST_MEMO: usize = 200_000;

/// The annotation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Annotation {
    api_version: String,
    #[serde(flatten)]
    record: LeaseRecord,
    /// `spec.renewTime` with which it was written, microseconds since 1970.
    renewed_at_us: i64,
}

/// Writes a record into a Lease, as it was seen last or a new one; the rest of the object stays as it is.
pub(super) fn written(record: &LeaseRecord, seen: Option<&Lease>, name: &str, now: Timestamp) -> Lease {
    let mut lease = seen.cloned().unwrap_or_else(|| Lease {
        metadata: ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() },
        spec: None,
    });
    let before = seen.map(read);
    let continues = before.is_some_and(|before| {
        before.generation == record.generation && (before.holder == record.holder || record.holder.is_empty())
    });
    let mut record = record.clone();
    if record.memo.len() > LONGEST_MEMO {
        tracing::warn!(
            bytes = record.memo.len(),
            "the orders in force are too many for a Lease: the next one would not know them"
        );
        record.memo.clear();
    }
    let spec = lease.spec.get_or_insert_with(LeaseSpec::default);
    let acquired = spec.acquire_time.take().filter(|_| continues);
    let is_held = !record.holder.is_empty();
    // as client-go gives back: nobody, and the shortest time that the API takes
    let seconds = if is_held { record.lease_ms.div_ceil(1_000).max(1) } else { 1 };
    *spec = LeaseSpec {
        acquire_time: acquired.or(Some(MicroTime(now))),
        holder_identity: is_held.then(|| record.holder.clone()),
        lease_duration_seconds: Some(i32::try_from(seconds).unwrap_or(i32::MAX)),
        lease_transitions: Some(transitions(record.generation)),
        renew_time: Some(MicroTime(now)),
        ..std::mem::take(spec)
    };
    let annotation =
        Annotation { api_version: "enmon/v1".into(), record, renewed_at_us: now.as_microsecond() };
    // texts and whole numbers can always be written
    let text = serde_json::to_string(&annotation).unwrap_or_default();
    lease.metadata.annotations.get_or_insert_default().insert(ANNOTATION.into(), text);
    lease
}

fn transitions(generation: u64) -> i32 {
    i32::try_from(generation).unwrap_or(i32::MAX)
}

/// Reads the record of a Lease, whoever wrote it.
pub(super) fn read(lease: &Lease) -> LeaseRecord {
    let nothing = LeaseSpec::default();
    let spec = lease.spec.as_ref().unwrap_or(&nothing);
    let holder = spec.holder_identity.as_deref().unwrap_or_default();
    let generation = spec.lease_transitions.map_or(0, |transitions| u64::try_from(transitions).unwrap_or(0));
    let renewed_at_us = spec.renew_time.as_ref().map_or(0, |time| time.0.as_microsecond());
    let annotation = lease.metadata.annotations.as_ref().and_then(|all| all.get(ANNOTATION));
    let noted = annotation.and_then(|text| serde_json::from_str::<Annotation>(text).ok());
    let Some(Annotation { record: noted, renewed_at_us: noted_at_us, .. }) = noted else {
        return foreign(spec, holder, generation, renewed_at_us);
    };
    let is_unchanged = i64::from(spec.lease_transitions.unwrap_or(0))
        == i64::from(transitions(noted.generation))
        && renewed_at_us == noted_at_us;
    if is_unchanged && (holder == noted.holder || holder.is_empty()) {
        return noted;
    }
    // tokens grow whatever a hand has written, and the orders that were noted last are still the newest
    LeaseRecord { memo: noted.memo, ..foreign(spec, holder, generation.max(noted.generation), renewed_at_us) }
}

/// The record of a Lease that another program has written, or a hand.
fn foreign(spec: &LeaseSpec, holder: &str, generation: u64, renewed_at_us: i64) -> LeaseRecord {
    let seconds = spec.lease_duration_seconds.map_or(0, |seconds| u64::try_from(seconds).unwrap_or(0));
    LeaseRecord {
        holder: holder.to_owned(),
        generation,
        // any change of it is a sign of life
        renewal: u64::try_from(renewed_at_us).unwrap_or(0),
        lease_ms: seconds.saturating_mul(1_000),
        ..LeaseRecord::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> LeaseRecord {
        LeaseRecord {
            holder: "a-1".into(),
            generation: 7,
            renewal: 3,
            lease_ms: 1_250,
            api: Some("http://127.0.0.1:8080".into()),
            memo: "{\"ev1\":6}".into(),
        }
    }

    fn at(us: i64) -> Timestamp {
        Timestamp::from_microsecond(us).unwrap()
    }

    fn spec(lease: &mut Lease) -> &mut LeaseSpec {
        lease.spec.as_mut().unwrap()
    }

    /// What the API server makes of it: times in microseconds.
    fn stored(lease: &Lease) -> Lease {
        serde_json::from_value(serde_json::to_value(lease).unwrap()).unwrap()
    }

    #[test]
    fn a_record_comes_back_as_it_was_and_other_software_understands_it() {
        let now = Timestamp::from_nanosecond(1_700_000_000_123_456_789).unwrap();
        let lease = stored(&written(&record(), None, "garage", now));
        assert_eq!(read(&lease), record());
        let shown = serde_json::to_value(&lease).unwrap();
        assert_eq!(shown["metadata"]["name"], "garage");
        let expected = serde_json::json!({
            "holderIdentity": "a-1",
            "leaseDurationSeconds": 2,
            "leaseTransitions": 7,
            "acquireTime": "2023-11-14T22:13:20.123456Z",
            "renewTime": "2023-11-14T22:13:20.123456Z",
        });
        assert_eq!(shown["spec"], expected);
        let renewed = LeaseRecord { renewal: 4, ..record() };
        let lease = stored(&written(&renewed, Some(&lease), "garage", at(1_700_000_001_000_000)));
        assert_eq!(read(&lease), renewed);
        let shown = serde_json::to_value(&lease.spec).unwrap();
        assert_eq!(shown["acquireTime"], expected["acquireTime"], "it was acquired before");
        assert_eq!(shown["renewTime"], "2023-11-14T22:13:21.000000Z");
        let back = LeaseRecord { holder: String::new(), renewal: 5, ..record() };
        let mut lease = stored(&written(&back, Some(&lease), "garage", at(3)));
        assert_eq!(
            (spec(&mut lease).holder_identity.clone(), spec(&mut lease).lease_duration_seconds),
            (None, Some(1))
        );
        assert_eq!(read(&lease), back);
    }

    #[test]
    fn what_others_have_put_into_the_object_stays() {
        let mut lease = written(&record(), None, "garage", at(1));
        lease.metadata.labels.get_or_insert_default().insert("team".into(), "site".into());
        lease.metadata.annotations.get_or_insert_default().insert("note".into(), "kept".into());
        lease.metadata.resource_version = Some("41".into());
        let lease = written(&LeaseRecord { renewal: 4, ..record() }, Some(&lease), "garage", at(2));
        assert_eq!(lease.metadata.resource_version.as_deref(), Some("41"), "the guard of the write");
        assert_eq!(lease.metadata.labels.unwrap()["team"], "site");
        assert_eq!(lease.metadata.annotations.unwrap()["note"], "kept");
    }

    #[test]
    fn who_stands_in_the_spec_holds_the_lease_whatever_was_noted_before() {
        let mut lease = written(&record(), None, "garage", at(1));
        spec(&mut lease).holder_identity = Some("client-go".into());
        spec(&mut lease).lease_transitions = Some(8);
        spec(&mut lease).lease_duration_seconds = Some(15);
        spec(&mut lease).renew_time = Some(MicroTime(at(5)));
        let theirs = read(&lease);
        assert_eq!((theirs.holder.as_str(), theirs.generation, theirs.lease_ms), ("client-go", 8, 15_000));
        assert_eq!(theirs.memo, record().memo, "the orders outlive it");
        spec(&mut lease).renew_time = Some(MicroTime(at(6)));
        assert_ne!(read(&lease).version(), theirs.version(), "a renewal is seen");
        spec(&mut lease).holder_identity = None;
        assert_eq!(read(&lease).holder, "", "given back by client-go");
        // nothing but what client-go writes
        lease.metadata.annotations = None;
        assert_eq!(read(&lease).generation, 8);
        lease.spec = None;
        assert_eq!(read(&lease), LeaseRecord::default());
    }

    #[test]
    fn a_hand_in_the_object_frees_nothing_and_breaks_nothing() {
        let lease = written(&record(), None, "garage", at(1));
        let edited = |edit: &dyn Fn(&mut Lease)| {
            let mut lease = lease.clone();
            edit(&mut lease);
            read(&lease)
        };
        let wiped = edited(&|lease| spec(lease).holder_identity = None);
        assert_eq!(wiped, record(), "whoever led may be writing still");
        let bob = edited(&|lease| spec(lease).holder_identity = Some("bob".into()));
        assert_eq!((bob.holder.as_str(), bob.generation), ("bob", 7));
        let backwards = edited(&|lease| spec(lease).lease_transitions = Some(-3));
        assert_eq!((backwards.holder.as_str(), backwards.generation), ("a-1", 7), "tokens never shrink");
        for text in ["", "{}", "[1", "{\"holder\": 3}"] {
            let broken = edited(&|lease| {
                lease.metadata.annotations.as_mut().unwrap().insert(ANNOTATION.into(), text.into());
            });
            assert_eq!(
                (broken.holder.as_str(), broken.generation, broken.lease_ms),
                ("a-1", 7, 2_000),
                "{text}"
            );
        }
    }

    #[test]
    fn more_orders_than_a_lease_can_hold_are_left_out() {
        let long = LeaseRecord { memo: "x".repeat(LONGEST_MEMO + 1), generation: u64::MAX, ..record() };
        let lease = written(&long, None, "garage", at(1));
        assert_eq!(read(&lease), LeaseRecord { memo: String::new(), ..long });
    }
}
