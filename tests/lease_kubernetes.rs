//! The lease in Kubernetes against a real API server: what counts as a conflict, what does not, and what a start without rights says.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod flows;
mod kubernetes;

use std::path::Path;
use std::time::{Duration, Instant};

use enmon::control::{BootTime, Lease as Rules, LeaseRecord, LeaseStore, LeaseTimes, Written};
use enmon::kube_port::{Cluster, ClusterChoice};
use enmon::lease::KubernetesLease;
use enmon::site::Period;
use flows::home::Home;
use flows::layout::{Layout, Ports};
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::Timestamp;
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams};
use kubernetes::ControlPlane;
use kubernetes::way::{Token, Way};
use rustix::process::Signal;
use serde_json::json;

async fn store(kubeconfig: &Path, name: &str) -> KubernetesLease {
    let choice = ClusterChoice { kubeconfig: Some(kubeconfig.to_owned()), context: None };
    let cluster = Cluster::find(&choice, Duration::from_secs(5)).await.unwrap();
    KubernetesLease::new(cluster, "default", name)
}

fn record(holder: &str, generation: u64, renewal: u64) -> LeaseRecord {
    LeaseRecord { holder: holder.into(), generation, renewal, lease_ms: 800, ..LeaseRecord::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_guarded_by_what_is_there() {
    let plane = ControlPlane::start().await;
    plane.until_there("/api/v1/namespaces/default").await;
    two_stores_meet(&plane).await;
    others_have_their_hands_in_it(&plane).await;
    an_answer_is_lost(&plane).await;
    credentials_are_replaced(&plane).await;
}

/// A kubeconfig with credentials that have run out is written anew while a controller runs.
async fn credentials_are_replaced(plane: &ControlPlane) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kubeconfig");
    let good = plane.portable_kubeconfig();
    std::fs::write(&path, good.replace(kubernetes::ADMIN, "sesame")).unwrap();
    let mut store = store(&path, "replaced").await;
    std::fs::write(&path, good).unwrap();
    let refused = store.look().await.unwrap_err();
    assert!(refused.contains("credentials") && !refused.contains("sesame"), "{refused}");
    assert!(store.look().await.unwrap().may_be_lost);
}

async fn two_stores_meet(plane: &ControlPlane) {
    let (mut one, mut two) =
        (store(&plane.kubeconfig("admin"), "met").await, store(&plane.kubeconfig("admin"), "met").await);
    one.try_out().await.unwrap();
    let seen = one.look().await.unwrap();
    assert!(seen.record.is_none() && seen.may_be_lost, "a trial leaves nothing behind: {seen:?}");
    two.look().await.unwrap();
    let first = record("one", 1, 1);
    assert_eq!(one.put(&first, None).await, Ok(Written::Yes));
    assert_eq!(
        two.put(&record("two", 1, 1), None).await,
        Ok(Written::Conflict),
        "both wanted to be the first"
    );
    assert_eq!(two.look().await.unwrap().record, Some(first.clone()));
    let renewed = record("one", 1, 2);
    assert_eq!(one.put(&renewed, Some(&first.version())).await, Ok(Written::Yes));
    // what two has seen is no longer there
    assert_eq!(two.put(&record("two", 2, 1), Some(&first.version())).await, Ok(Written::Conflict));
    let taken = record("two", 2, 1);
    assert_eq!(two.put(&taken, Some(&renewed.version())).await, Ok(Written::Yes));
    assert_eq!(one.put(&record("one", 1, 3), Some(&renewed.version())).await, Ok(Written::Conflict));
    two.try_out().await.unwrap();
    assert_eq!(one.look().await.unwrap().record, Some(taken.clone()), "a trial changes nothing");
    let back = LeaseRecord { holder: String::new(), ..record("", 2, 2) };
    assert_eq!(two.put(&back, Some(&taken.version())).await, Ok(Written::Yes));
    assert_eq!(one.look().await.unwrap().record, Some(back));
}

async fn others_have_their_hands_in_it(plane: &ControlPlane) {
    let mut store = store(&plane.kubeconfig("admin"), "handled").await;
    let api: Api<Lease> = Api::namespaced(plane.client().await, "default");
    store.look().await.unwrap();
    let first = record("one", 1, 1);
    store.put(&first, None).await.unwrap();
    // a label is no reason to lose the lease, and stays
    let merge =
        async |patch| api.patch("handled", &PatchParams::default(), &Patch::Merge(patch)).await.unwrap();
    merge(json!({"metadata": {"labels": {"team": "site"}}})).await;
    let second = record("one", 1, 2);
    assert_eq!(store.put(&second, Some(&first.version())).await, Ok(Written::Yes));
    assert_eq!(api.get("handled").await.unwrap().metadata.labels.unwrap()["team"], "site");
    // nor is an identity that was wiped out
    merge(json!({"spec": {"holderIdentity": null}})).await;
    let third = record("one", 1, 3);
    assert_eq!(store.put(&third, Some(&second.version())).await, Ok(Written::Yes));
    assert_eq!(api.get("handled").await.unwrap().spec.unwrap().holder_identity.as_deref(), Some("one"));
    // client-go takes it, in its own way
    let mut lease = api.get("handled").await.unwrap();
    let now = MicroTime(Timestamp::now());
    lease.spec = Some(LeaseSpec {
        holder_identity: Some("client-go".into()),
        lease_duration_seconds: Some(15),
        lease_transitions: Some(2),
        acquire_time: Some(now.clone()),
        renew_time: Some(now),
        ..LeaseSpec::default()
    });
    api.replace("handled", &PostParams::default(), &lease).await.unwrap();
    assert_eq!(store.put(&record("one", 1, 4), Some(&third.version())).await, Ok(Written::Conflict));
    let theirs = store.look().await.unwrap().record.unwrap();
    assert_eq!((theirs.holder.as_str(), theirs.generation, theirs.lease_ms), ("client-go", 2, 15_000));
    // it is removed
    api.delete("handled", &DeleteParams::default()).await.unwrap();
    assert_eq!(store.put(&record("one", 3, 5), Some(&theirs.version())).await, Ok(Written::Conflict));
    let seen = store.look().await.unwrap();
    assert!(seen.record.is_none() && seen.may_be_lost);
}

/// The rules and the store together: a renewal gets there, its answer does not.
async fn an_answer_is_lost(plane: &ControlPlane) {
    let folder = tempfile::tempdir().unwrap();
    let way = Way::to(plane, &Token::default(), folder.path()).await;
    let mut store = store(way.kubeconfig(), "lost").await;
    let begun = Instant::now();
    let clock = || BootTime(1_000 + begun.elapsed().as_millis() as u64);
    let times = LeaseTimes::of(Period::from_secs(10), Period::from_millis(100));
    let mut rules = Rules::new("one".into(), times);
    // there is none: one of somebody unknown is noted, and as if the lease time had passed, taken
    rules.saw(store.look().await.unwrap(), BootTime(0));
    let noted = rules.bid(BootTime(0), None, "").unwrap();
    assert_eq!(store.put(&noted.record, noted.expected.as_ref()).await, Ok(Written::Yes));
    rules.outcome(Written::Yes, BootTime(0));
    let late = BootTime(20_000);
    let bid = rules.bid(late, None, "").unwrap();
    let written = store.put(&bid.record, bid.expected.as_ref()).await.unwrap();
    rules.outcome(written, late);
    let until = rules.leading(late).unwrap().until;

    way.lose_answers(true);
    let later = BootTime(late.0 + clock().0);
    let bid = rules.bid(later, None, "").unwrap();
    let outcome =
        tokio::time::timeout(Duration::from_secs(1), store.put(&bid.record, bid.expected.as_ref())).await;
    assert!(outcome.is_err(), "{outcome:?}");
    rules.outcome(Written::Unknown, later);
    assert_eq!(rules.leading(later).unwrap().until, until, "the old time holds");
    assert_eq!(rules.bid(later, None, ""), None, "it must look first");
    way.lose_answers(false);
    rules.saw(store.look().await.unwrap(), later);
    assert!(rules.leading(later).unwrap().until > until, "the renewal was there");
    let bid = rules.bid(later, None, "").unwrap();
    assert_eq!(
        store.put(&bid.record, bid.expected.as_ref()).await,
        Ok(Written::Yes),
        "and it goes on from it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_without_a_lease_that_can_be_kept_says_why() {
    let plane = ControlPlane::start().await;
    let home = Home::with_site(&Layout::default().text(&Ports::new()));
    let dead = home.path().join("dead.kubeconfig");
    std::fs::write(&dead, plane.portable_kubeconfig().replace(&plane.url, "https://127.0.0.1:9")).unwrap();
    let stranger = home.path().join("stranger.kubeconfig");
    std::fs::write(&stranger, plane.portable_kubeconfig().replace(kubernetes::ADMIN, "sesame")).unwrap();
    let refused = async |lease: &str, kubeconfig: Option<&Path>, more: &[&str]| {
        let path = kubeconfig.map(|path| path.display().to_string());
        let flag: Vec<&str> = path.iter().flat_map(|path| ["--kubeconfig", path]).collect();
        let output = home.run(&[&["control", "run", "--lease", lease], &flag[..], more].concat()).await;
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(!text.contains("sesame") && !text.contains(kubernetes::ACCOUNT), "{text}");
        (output.status.code(), text)
    };
    let (admin, account) = (plane.kubeconfig("admin"), plane.kubeconfig("account"));
    let nowhere = home.path().join("nowhere");
    let cases: [(&str, Option<&Path>, &[&str], i32, &str); 9] = [
        ("kubernetes:energy/garage", Some(&dead), &[], 4, "refused"),
        ("kubernetes:energy/garage", Some(&stranger), &[], 5, "does not accept the credentials"),
        ("kubernetes:default/garage", Some(&account), &[], 5, "get, create and update on leases"),
        ("kubernetes:energy/garage", Some(&admin), &[], 5, "kubectl create namespace energy"),
        ("kubernetes:energy/garage", Some(&admin), &["--context", "other"], 3, "no context \"other\""),
        ("kubernetes:energy/garage", Some(&nowhere), &[], 3, "nowhere"),
        ("kubernetes:energy/garage", None, &[], 3, "--kubeconfig"),
        ("kubernetes:energy", None, &[], 2, "kubernetes:NAMESPACE/NAME"),
        ("file:lease", Some(&admin), &[], 2, "in Kubernetes"),
    ];
    for (lease, kubeconfig, more, code, words) in cases {
        let (found, text) = refused(lease, kubeconfig, more).await;
        assert!(found == Some(code) && text.contains(words), "{lease} {more:?}: {found:?}\n{text}");
    }
    plane.signal(Signal::STOP);
    let (found, text) = refused("kubernetes:energy/garage", Some(&admin), &[]).await;
    assert!(found == Some(4) && text.contains(&plane.url), "{found:?}\n{text}");
}
