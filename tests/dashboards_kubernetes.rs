//! Dashboards in a ConfigMap of a real API server, as Grafana's sidecar looks for them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod flows;
mod kubernetes;

use std::collections::BTreeMap;
use std::time::Duration;

use enmon::kube_port::{Cluster, ClusterChoice, ConfigMapText, KubeError};
use flows::home::Home;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, Patch, PatchParams};
use kubernetes::ControlPlane;
use serde_json::{Value, json};

const GARAGE: &str = include_str!("../templates/sites/garage.yaml");

#[tokio::test(flavor = "multi_thread")]
async fn a_config_map_gets_the_pages_beside_what_else_is_in_it() {
    let plane = ControlPlane::start().await;
    plane.until_there("/api/v1/namespaces/default").await;
    plane.make_namespace("monitoring").await;
    let maps: Api<ConfigMap> = Api::namespaced(plane.client().await, "monitoring");
    let home = Home::with_site(GARAGE);
    let kubeconfig = plane.kubeconfig("admin").display().to_string();
    let arguments =
        ["dashboard", "apply", "--configmap", "monitoring/dashboards", "--kubeconfig", &kubeconfig];
    let outcomes = |shown: &Value| -> Vec<String> {
        let pages = shown["dashboards"].as_array().unwrap().clone();
        pages.iter().map(|page| page["outcome"].as_str().unwrap().to_owned()).collect()
    };

    let shown = home.json(&[&arguments[..], &["--dry-run"]].concat()).await;
    assert_eq!(outcomes(&shown), ["created"; 4]);
    assert!(maps.get_opt("dashboards").await.unwrap().is_none(), "a dry run writes nothing");
    assert_eq!(outcomes(&home.json(&arguments).await), ["created"; 4]);
    let made = maps.get("dashboards").await.unwrap();
    assert_eq!(made.metadata.labels.unwrap()["grafana_dashboard"], "1");
    assert_eq!(made.data.unwrap().len(), 4);

    // what others have put there stays, and a page that somebody has changed is brought back
    let patch = json!({
        "metadata": {"annotations": {"team": "energy"}, "labels": {"grafana_dashboard": "0", "of": "others"}},
        "data": {"other.json": "{}", "enmon-garage-site.json": "{}\n"},
    });
    maps.patch("dashboards", &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap();
    let shown = home.json(&arguments).await;
    assert_eq!(outcomes(&shown), ["changed", "unchanged", "unchanged", "unchanged"]);
    let map = maps.get("dashboards").await.unwrap();
    let (labels, data) = (map.metadata.labels.unwrap(), map.data.unwrap());
    assert_eq!((labels["grafana_dashboard"].as_str(), labels["of"].as_str()), ("1", "others"));
    assert_eq!(map.metadata.annotations.unwrap()["team"], "energy");
    assert_eq!((data["other.json"].as_str(), data.len()), ("{}", 5));
    assert!(data["enmon-garage-site.json"].contains("enmon-garage-site"));

    // the second time nothing is written
    let version = map.metadata.resource_version;
    assert_eq!(outcomes(&home.json(&arguments).await), ["unchanged"; 4]);
    assert_eq!(maps.get("dashboards").await.unwrap().metadata.resource_version, version);
    a_version_that_is_gone_is_not_written_over(&plane).await;

    // no rights, no cluster
    let account = plane.kubeconfig("account").display().to_string();
    let refused = home.run(&[&arguments[..5], &[&account]].concat()).await;
    assert_eq!(refused.status.code(), Some(5), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("forbidden"), "{refused:?}");
    let missing = home.run(&[&arguments[..5], &["nowhere"]].concat()).await;
    assert_eq!(missing.status.code(), Some(3), "{missing:?}");
}

async fn a_version_that_is_gone_is_not_written_over(plane: &ControlPlane) {
    let choice = ClusterChoice { kubeconfig: Some(plane.kubeconfig("admin")), context: None };
    let cluster = Cluster::find(&choice, Duration::from_secs(5)).await.unwrap();
    let text = |value: &str, version| ConfigMapText {
        version,
        labels: BTreeMap::new(),
        data: BTreeMap::from([("key".to_owned(), value.to_owned())]),
    };
    cluster.put_config_map("monitoring", "raced", &text("first", None)).await.unwrap();
    let seen = cluster.config_map("monitoring", "raced").await.unwrap();
    cluster.put_config_map("monitoring", "raced", &text("second", seen.version.clone())).await.unwrap();
    for late in [seen.version, None] {
        let refused = cluster.put_config_map("monitoring", "raced", &text("late", late)).await;
        assert!(matches!(refused, Err(KubeError::Conflict { .. })), "{refused:?}");
    }
    assert_eq!(cluster.config_map("monitoring", "raced").await.unwrap().data["key"], "second");
}
