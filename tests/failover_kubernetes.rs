//! A Service and external-dns moved at a real API server: what others change meanwhile is noticed or left alone.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod kubernetes;
mod program;

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use enmon::failover::{ExternalDnsMover, Mover, MoverError, ServiceMover};
use enmon::kube_port::{Cluster, ClusterChoice};
use k8s_openapi::api::core::v1::Service;
use kube::api::{
    Api, ApiResource, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams, PostParams,
};
use kubernetes::ControlPlane;
use program::Program;
use serde_json::{Value, json};

const TARGET: &str = "external-dns.alpha.kubernetes.io/target";

async fn cluster(plane: &ControlPlane, user: &str) -> Cluster {
    let choice = ClusterChoice { kubeconfig: Some(plane.kubeconfig(user)), context: None };
    Cluster::find(&choice, Duration::from_secs(5)).await.unwrap()
}

fn list(addresses: &[&str]) -> Vec<String> {
    addresses.iter().map(ToString::to_string).collect()
}

/// The slices as the tests' API server has them: it is of version 1.20.
async fn slices(plane: &ControlPlane) -> Api<DynamicObject> {
    let kind = GroupVersionKind::gvk("discovery.k8s.io", "v1beta1", "EndpointSlice");
    let resource = ApiResource::from_gvk_with_plural(&kind, "endpointslices");
    Api::namespaced_with(plane.client().await, "energy", &resource)
}

async fn make_service(plane: &ControlPlane, name: &str, spec: Value) {
    let api: Api<Service> = Api::namespaced(plane.client().await, "energy");
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec});
    api.create(&PostParams::default(), &serde_json::from_value(service).unwrap()).await.unwrap();
}

fn web() -> Value {
    json!({"ports": [{"name": "web", "port": 80, "targetPort": 9090}, {"name": "tls", "port": 443}]})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_moved_and_others_are_respected() {
    let plane = ControlPlane::start().await;
    plane.make_namespace("energy").await;
    endpoints(&plane).await;
    annotations(&plane).await;
    by_the_program(&plane).await;
}

async fn endpoints(plane: &ControlPlane) {
    make_service(plane, "metrics", web()).await;
    let mover = ServiceMover::new(cluster(plane, "admin").await, "energy", "metrics");
    assert_eq!(mover.where_now().await.unwrap(), list(&[]));
    let hall = list(&["192.0.2.10", "192.0.2.11", "2001:db8::10"]);
    mover.move_to(&[], &hall).await.unwrap();
    assert_eq!(mover.where_now().await.unwrap(), hall);
    let slices = slices(plane).await;
    let slice = serde_json::to_value(slices.get("metrics-enmon-ipv4").await.unwrap()).unwrap();
    assert_eq!(slice["ports"][0]["port"], 9090);
    assert_eq!(slice["ports"][1]["port"], 443);
    assert_eq!(slice["metadata"]["labels"]["kubernetes.io/service-name"], "metrics");

    // to one family only: the other slice is emptied, and nothing else is left over
    let cloud = list(&["192.0.2.20"]);
    mover.move_to(&hall, &cloud).await.unwrap();
    assert_eq!(mover.where_now().await.unwrap(), cloud);
    // a label of somebody else changes the object, but not where it leads
    let labelled = json!({"metadata": {"labels": {"team": "site"}}});
    let merge = |patch: &Value| Patch::Merge(patch.clone());
    slices.patch("metrics-enmon-ipv4", &PatchParams::default(), &merge(&labelled)).await.unwrap();
    mover.move_to(&cloud, &list(&["192.0.2.10"])).await.unwrap();
    let slice = slices.get("metrics-enmon-ipv4").await.unwrap();
    assert_eq!(slice.metadata.labels.unwrap()["team"], "site", "it stays");
    // somebody else has moved it
    let shown = MoverError::Changed("Service energy/metrics".into());
    assert_eq!(mover.move_to(&cloud, &hall).await, Err(shown));
    assert_eq!(mover.where_now().await.unwrap(), list(&["192.0.2.10"]));
    // a slice of somebody else
    let foreign = json!({"apiVersion": "discovery.k8s.io/v1beta1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {"name": "theirs", "labels": {"kubernetes.io/service-name": "metrics"}},
        "endpoints": [{"addresses": ["192.0.2.99"]}], "ports": []});
    slices.create(&PostParams::default(), &serde_json::from_value(foreign).unwrap()).await.unwrap();
    let both = mover.where_now().await.unwrap();
    assert_eq!(both.len(), 2, "{both:?}");
    let refused = mover.move_to(&both, &cloud).await.unwrap_err();
    assert!(refused.to_string().contains("another writer"), "{refused}");

    // a Service that its controller keeps, one that is not there, and an account without rights
    make_service(plane, "pods", json!({"selector": {"app": "x"}, "ports": [{"port": 80}]})).await;
    let mover = ServiceMover::new(cluster(plane, "admin").await, "energy", "pods");
    assert!(mover.where_now().await.unwrap_err().to_string().contains("it has a selector"));
    let mover = ServiceMover::new(cluster(plane, "admin").await, "energy", "nothing");
    assert!(matches!(mover.where_now().await, Err(MoverError::Refused { .. })));
    let mover = ServiceMover::new(cluster(plane, "account").await, "energy", "metrics");
    let refused = mover.where_now().await.unwrap_err().to_string();
    assert!(refused.contains("forbid") && !refused.contains(kubernetes::ACCOUNT), "{refused}");
}

async fn annotations(plane: &ControlPlane) {
    make_service(plane, "named", web()).await;
    let mover =
        ExternalDnsMover::new(cluster(plane, "admin").await, "energy", "named", "metrics.example.org");
    assert_eq!(mover.where_now().await.unwrap(), list(&[]));
    let (hall, cloud) = (list(&["192.0.2.10", "192.0.2.11"]), list(&["cloud.example.org"]));
    mover.move_to(&[], &hall).await.unwrap();
    assert_eq!(mover.where_now().await.unwrap(), hall);
    mover.move_to(&hall, &cloud).await.unwrap();
    let api: Api<Service> = Api::namespaced(plane.client().await, "energy");
    let written = api.get("named").await.unwrap().metadata.annotations.unwrap();
    assert_eq!(written[TARGET], "cloud.example.org");
    assert_eq!(written["external-dns.alpha.kubernetes.io/hostname"], "metrics.example.org");
    let outcome = mover.move_to(&hall, &list(&["192.0.2.9"])).await;
    assert_eq!(outcome, Err(MoverError::Changed("Service energy/named".into())));
    assert_eq!(mover.where_now().await.unwrap(), cloud);
}

/// The program itself moves a Service by hand, after a dry run that changes nothing.
async fn by_the_program(plane: &ControlPlane) {
    make_service(plane, "front", web()).await;
    let (hall, cloud) =
        (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let text = site(&plane.kubeconfig("admin"), &hall, &cloud);
    let run = move |arguments: &'static [&'static str]| {
        let text = text.clone();
        tokio::task::spawn_blocking(move || {
            let program = Program::new();
            fs::write(program.folder().join("enmon.yaml"), text).unwrap();
            let output = program.with(arguments).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{said}");
            serde_json::from_slice::<Value>(&output.stdout).unwrap()
        })
    };
    let status = run(&["site", "status", "-o", "json"]).await.unwrap();
    assert!(status["decision"]["reason"].as_str().unwrap().contains("nothing, which is none"), "{status}");
    let slices = slices(plane).await;
    let of_front = ListParams::default().labels("kubernetes.io/service-name=front");
    let dry = run(&["site", "failover", "--to", "hall", "--dry-run", "-o", "json"]).await.unwrap();
    assert!(dry["plan"].to_string().contains("+ 192.0.2.10"), "{dry}");
    assert!(slices.list(&of_front).await.unwrap().items.is_empty());
    let moved = run(&["site", "failover", "--to", "hall", "--yes", "-o", "json"]).await.unwrap();
    assert_eq!(moved["to"], "hall");
    let there = slices.list(&of_front).await.unwrap().items;
    assert_eq!(there[0].data["endpoints"][0]["addresses"], json!(["192.0.2.10"]));
    let status = run(&["site", "status", "-o", "json"]).await.unwrap();
    assert_eq!(status["place"], "hall");
}

fn site(kubeconfig: &Path, hall: &TcpListener, cloud: &TcpListener) -> String {
    let (hall, cloud) = (hall.local_addr().unwrap(), cloud.local_addr().unwrap());
    format!(
        "apiVersion: enmon/v1
kind: Site
name: garage
circuits:
  - {{name: main, limit: 40}}
failover:
  name: metrics.example.org
  witness: [\"{cloud}\"]
  places:
    - {{name: hall, addresses: [192.0.2.10], checks: [{{kind: tcp, address: \"{hall}\"}}]}}
    - {{name: cloud, addresses: [192.0.2.20], checks: [{{kind: tcp, address: \"{cloud}\"}}]}}
  mover: {{kind: service, namespace: energy, service: front, kubeconfig: \"{}\"}}
",
        kubeconfig.display()
    )
}
