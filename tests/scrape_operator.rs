//! Jobs and rules as objects of the Prometheus Operator, on a real API server that knows their kinds. The operator itself does not run.
//!
//! The definitions of the kinds are ours: the fields that are used, as the operator's API reference has them; all others are pruned.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod kubernetes;
mod program;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams};
use kubernetes::ControlPlane;
use kubernetes::way::{Token, Way};
use program::Program;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

struct Site {
    plane: ControlPlane,
    program: Program,
}

impl Site {
    fn command(&self, kubeconfig: &Path, arguments: &[&str]) -> assert_cmd::Command {
        let kubeconfig = kubeconfig.display().to_string();
        let mut all = arguments.to_vec();
        all.extend(["--target", "operator:default", "--yes", "--kubeconfig", &kubeconfig]);
        self.program.with(&all)
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        ended(self.command(&self.plane.kubeconfig("admin"), arguments)).await
    }

    async fn objects(&self, version: &str, kind: &str, plural: &str) -> Api<DynamicObject> {
        let kind = GroupVersionKind::gvk("monitoring.coreos.com", version, kind);
        let resource = ApiResource::from_gvk_with_plural(&kind, plural);
        Api::namespaced_with(self.plane.client().await, "default", &resource)
    }

    async fn define(&self, version: &str, kind: &str, plural: &str, spec: Value) {
        let definition = json!({
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("{plural}.monitoring.coreos.com")},
            "spec": {
                "group": "monitoring.coreos.com",
                "scope": "Namespaced",
                "names": {"kind": kind, "plural": plural, "singular": kind.to_lowercase(), "listKind": format!("{kind}List")},
                "versions": [{
                    "name": version,
                    "served": true,
                    "storage": true,
                    "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}},
                }],
            },
        });
        let url = format!("{}/apis/apiextensions.k8s.io/v1/customresourcedefinitions", self.plane.url);
        let request = self.plane.http().post(url).bearer_auth(kubernetes::ADMIN).json(&definition);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
        self.plane
            .until_there(&format!("/apis/monitoring.coreos.com/{version}/namespaces/default/{plural}"))
            .await;
    }
}

async fn ended(mut command: assert_cmd::Command) -> Output {
    spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn done(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn refused(output: &Output, code: i32) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{said}\n{}", String::from_utf8_lossy(&output.stdout));
    said
}

async fn until(mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(60));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn fields(properties: Value) -> Value {
    json!({"type": "object", "properties": properties})
}

fn list(items: Value) -> Value {
    json!({"type": "array", "items": items})
}

async fn know_the_kinds(site: &Site) {
    let text = json!({"type": "string"});
    let key = fields(json!({"name": text, "key": text}));
    let words = json!({"type": "object", "additionalProperties": text});
    let job = fields(json!({
        "staticConfigs": list(fields(json!({"targets": list(text.clone()), "labels": words}))),
        "scrapeInterval": {"type": "string", "pattern": "^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$"},
        "scrapeTimeout": text,
        "metricsPath": text,
        "scheme": {"type": "string", "enum": ["HTTP", "HTTPS"]},
        "sampleLimit": {"type": "integer", "format": "int64"},
        "tlsConfig": fields(json!({"ca": fields(json!({"secret": key, "configMap": key})), "serverName": text})),
        "basicAuth": fields(json!({"username": key, "password": key})),
        "authorization": fields(json!({"type": text, "credentials": key})),
        "kubernetesSDConfigs": list(fields(json!({"role": {"type": "string", "enum": ["Pod", "Endpoints", "Service", "Node"]}}))),
        "relabelings": list(fields(json!({
            "sourceLabels": list(text.clone()), "separator": text, "targetLabel": text, "regex": text, "replacement": text,
            "modulus": {"type": "integer"}, "action": {"type": "string", "enum": ["replace", "keep", "drop"]},
        }))),
    }));
    site.define("v1alpha1", "ScrapeConfig", "scrapeconfigs", job).await;
    let rule = fields(json!({
        "alert": text, "record": text, "expr": {"x-kubernetes-int-or-string": true}, "for": text, "labels": words, "annotations": words,
    }));
    let groups = list(fields(json!({"name": text, "rules": list(rule)})));
    site.define("v1", "PrometheusRule", "prometheusrules", fields(json!({"groups": groups}))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_and_rules_are_objects_of_the_operator() {
    let plane = ControlPlane::start().await;
    plane.until_there("/api/v1/namespaces/default").await;
    let site = Site { plane, program: Program::new() };
    let said = refused(&site.run(&["scrape", "list"]).await, 5);
    assert!(said.contains("does not know the kind ScrapeConfig") && said.contains("get crd"), "{said}");
    know_the_kinds(&site).await;
    a_job_is_a_scrape_config(&site).await;
    no_hand_is_lost(&site).await;
    rules_are_prometheus_rules(&site).await;
}

async fn a_job_is_a_scrape_config(site: &Site) {
    let objects = site.objects("v1alpha1", "ScrapeConfig", "scrapeconfigs").await;
    let add = [
        "scrape",
        "add",
        "hall",
        "--targets",
        "h:1,h:2",
        "--interval",
        "15s",
        "--label",
        "circuit=row-1",
        "--scheme",
        "https",
        "--tls-ca",
        "configmap:site-ca/ca.crt",
        "--basic-auth-user",
        "secret:hall/user",
        "--basic-auth-file",
        "secret:hall/password",
    ];
    let mut trial = add.to_vec();
    trial.push("--dry-run");
    let shown = done(&site.run(&trial).await);
    assert!(shown.contains("+scrapeInterval: 15s") && shown.contains("nothing was written"), "{shown}");
    assert!(objects.get_opt("hall").await.unwrap().is_none());
    done(&site.run(&add).await);
    let object = objects.get("hall").await.unwrap();
    let expected = json!({
        "scrapeInterval": "15s",
        "scheme": "HTTPS",
        "staticConfigs": [{"targets": ["h:1", "h:2"], "labels": {"circuit": "row-1"}}],
        "tlsConfig": {"ca": {"configMap": {"name": "site-ca", "key": "ca.crt"}}},
        "basicAuth": {"username": {"name": "hall", "key": "user"}, "password": {"name": "hall", "key": "password"}},
    });
    assert_eq!(object.data["spec"], expected);
    let managers = object.metadata.managed_fields.unwrap();
    assert!(managers.iter().all(|field| field.manager.as_deref() == Some("enmon")), "{managers:?}");

    // what somebody else has set stays
    let limit = Patch::Merge(json!({"spec": {"sampleLimit": 500}}));
    objects.patch("hall", &PatchParams::default(), &limit).await.unwrap();
    done(&site.run(&["scrape", "edit", "hall", "--interval", "30s"]).await);
    let spec = objects.get("hall").await.unwrap().data["spec"].clone();
    assert_eq!((&spec["scrapeInterval"], &spec["sampleLimit"]), (&json!("30s"), &json!(500)));
    done(&site.run(&["scrape", "add", "pods", "--kubernetes", "pod"]).await);
    let spec = objects.get("pods").await.unwrap().data["spec"].clone();
    assert_eq!(spec["kubernetesSDConfigs"], json!([{"role": "Pod"}]));
    assert_eq!(spec["relabelings"][0]["action"], "keep");

    for (arguments, code, part) in [
        (&["add", "x", "--targets", "h:1", "--interval", "5 s"][..], 3, "5 s"),
        (&["add", "x", "--targets", "http://h:1/m"], 3, "http://h:1/m"),
        (&["add", "x", "--targets", "h:1", "--bearer-file", "/etc/token"], 2, "secret:NAME/KEY"),
        (&["add", "X", "--targets", "h:1"], 2, "can't be the name"),
        (&["add", "hall", "--targets", "h:1"], 3, "already"),
        (&["edit", "other", "--interval", "5s"], 3, "no ScrapeConfig `other`"),
        (&["apply", "--server", "http://127.0.0.1:9"], 2, "the operator makes the configuration"),
    ] {
        let mut all = vec!["scrape"];
        all.extend(arguments);
        let said = refused(&site.run(&all).await, code);
        assert!(said.contains(part), "{arguments:?}\n{said}");
    }
    let listed: Value =
        serde_json::from_str(&done(&site.run(&["scrape", "list", "-o", "json"]).await)).unwrap();
    let names: Vec<&str> =
        listed["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["hall", "pods"]);
    done(&site.run(&["scrape", "check"]).await);
    done(&site.run(&["scrape", "delete", "pods"]).await);
    assert!(objects.get_opt("pods").await.unwrap().is_none());
}

/// Somebody else writes while the editor is open, and between look and write: both changes are there.
async fn no_hand_is_lost(site: &Site) {
    let objects = site.objects("v1alpha1", "ScrapeConfig", "scrapeconfigs").await;
    let (opened, go_on) = (site.program.folder().join("opened"), site.program.folder().join("go-on"));
    let editor = site.program.folder().join("editor.sh");
    let script = format!(
        "#!/bin/sh\ntouch {}\nwhile [ ! -e {} ]; do sleep 0.05; done\nsed -i 's/30s/20s/' \"$1\"\n",
        opened.display(),
        go_on.display()
    );
    fs::write(&editor, script).unwrap();
    fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = site.command(&site.plane.kubeconfig("admin"), &["scrape", "edit", "hall"]);
    command.env("EDITOR", &editor).env("PATH", "/usr/bin:/bin");
    let running = tokio::spawn(ended(command));
    until(|| opened.exists()).await;
    let limit = |limit: u32| Patch::Merge(json!({"spec": {"sampleLimit": limit}}));
    objects.patch("hall", &PatchParams::default(), &limit(600)).await.unwrap();
    fs::write(&go_on, "").unwrap();
    done(&running.await.unwrap());
    let spec = objects.get("hall").await.unwrap().data["spec"].clone();
    assert_eq!((&spec["scrapeInterval"], &spec["sampleLimit"]), (&json!("20s"), &json!(600)));

    let way = Way::to(&site.plane, &Token::default(), site.program.folder()).await;
    let (stopped, may_go) = way.stop_at("PUT");
    let running =
        tokio::spawn(ended(site.command(way.kubeconfig(), &["scrape", "edit", "hall", "--interval", "10s"])));
    tokio::time::timeout(Duration::from_secs(60), stopped).await.unwrap().unwrap();
    objects.patch("hall", &PatchParams::default(), &limit(700)).await.unwrap();
    may_go.send(()).unwrap();
    done(&running.await.unwrap());
    let spec = objects.get("hall").await.unwrap().data["spec"].clone();
    assert_eq!((&spec["scrapeInterval"], &spec["sampleLimit"]), (&json!("10s"), &json!(700)));
}

async fn rules_are_prometheus_rules(site: &Site) {
    let objects = site.objects("v1", "PrometheusRule", "prometheusrules").await;
    let add = [
        "rule",
        "add",
        "Hot",
        "--group",
        "hall",
        "--expr",
        "hall_celsius > 40",
        "--for",
        "5m",
        "--file",
        "hall",
    ];
    done(&site.run(&add).await);
    let expected = json!({"groups": [{"name": "hall", "rules": [{"alert": "Hot", "expr": "hall_celsius > 40", "for": "5m"}]}]});
    assert_eq!(objects.get("hall").await.unwrap().data["spec"], expected);
    let mut broken = add.to_vec();
    (broken[2], broken[6]) = ("Hotter", "hall_celsius >");
    let said = refused(&site.run(&broken).await, 3);
    assert!(said.contains("nothing was written"), "{said}");
    done(&site.run(&["rule", "edit", "Hot", "--for", "10m", "--severity", "warning"]).await);
    let rule = objects.get("hall").await.unwrap().data["spec"]["groups"][0]["rules"][0].clone();
    assert_eq!((&rule["for"], &rule["labels"]["severity"]), (&json!("10m"), &json!("warning")));
    let listed = done(&site.run(&["rule", "list", "-o", "json"]).await);
    assert!(
        listed.contains("\"Hot\"") && listed.contains("operator:default/prometheusrules/hall"),
        "{listed}"
    );
    done(&site.run(&["rule", "check"]).await);
    done(&site.run(&["rule", "delete", "Hot"]).await);
    assert!(!done(&site.run(&["rule", "list", "-o", "json"]).await).contains("\"Hot\""));
}
