//! Scrape jobs and rules in a ConfigMap of a real API server, for a real Prometheus: what is written by several hands is lost by none, and what
//! is refused comes back.
//!
//! There is no kubelet: the test plays it, and copies what the API server says into the folder of Prometheus.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

mod kubernetes;
mod program;
#[path = "prometheus/mod.rs"]
mod prometheus;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kube::api::{Api, ObjectMeta, Patch, PatchParams, PostParams};
use kubernetes::ControlPlane;
use kubernetes::way::{Token, Way};
use program::Program;
use prometheus::Prometheus;
use serde_json::json;
use tokio::task::{AbortHandle, spawn_blocking};

const NAMESPACE: &str = "default";
const BEGIN: &str = "# ours\nglobal:\n  scrape_interval: 1s # often\n\nscrape_configs:\n  # itself\n  - job_name: self\n    static_configs:\n      - targets: [] # nothing yet\n\nrule_files: [/etc/prometheus/rules.yml]\n";
const RULES: &str = "groups:\n  - name: hall # one\n    rules:\n      - alert: Down\n        expr: up == 0\n";

/// A ConfigMap in a cluster, and who works on it.
struct Site {
    plane: ControlPlane,
    program: Program,
    maps: Api<ConfigMap>,
}

impl Site {
    async fn start() -> Site {
        let plane = ControlPlane::start().await;
        plane.until_there("/api/v1/namespaces/default").await;
        let maps = Api::namespaced(plane.client().await, NAMESPACE);
        Site { plane, program: Program::new(), maps }
    }

    async fn make(&self, name: &str, texts: &[(&str, &str)], immutable: bool) {
        let data: BTreeMap<String, String> =
            texts.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
        let map = ConfigMap {
            metadata: ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() },
            data: Some(data),
            immutable: immutable.then_some(true),
            ..ConfigMap::default()
        };
        self.maps.create(&PostParams::default(), &map).await.unwrap();
    }

    async fn text(&self, name: &str, key: &str) -> String {
        self.maps.get(name).await.unwrap().data.unwrap()[key].clone()
    }

    /// Replaces a key, as somebody who does not look.
    async fn overwrite(&self, name: &str, key: &str, text: &str) {
        let patch = json!({"data": {key: text}});
        self.maps.patch(name, &PatchParams::default(), &Patch::Merge(&patch)).await.unwrap();
    }

    /// Makes the command `enmon …` on a ConfigMap.
    fn command(&self, target: &str, arguments: &[&str]) -> assert_cmd::Command {
        self.command_by(&self.plane.kubeconfig("admin"), target, arguments)
    }

    fn command_by(&self, kubeconfig: &Path, target: &str, arguments: &[&str]) -> assert_cmd::Command {
        let target = format!("configmap:{NAMESPACE}/{target}");
        let mut all = arguments.to_vec();
        let kubeconfig = kubeconfig.display().to_string();
        all.extend(["--target", &target, "--yes", "--kubeconfig", &kubeconfig]);
        self.program.with(&all)
    }

    async fn run(&self, target: &str, arguments: &[&str]) -> Output {
        ended(self.command(target, arguments)).await
    }

    /// Brings the keys of a ConfigMap into a folder, whenever they change, as a kubelet does.
    fn play_kubelet(&self, name: &'static str, folder: PathBuf) -> AbortHandle {
        let maps = self.maps.clone();
        tokio::spawn(async move {
            loop {
                for (key, text) in maps.get(name).await.unwrap().data.unwrap_or_default() {
                    let file = folder.join(&key);
                    if fs::read_to_string(&file).unwrap_or_default() != text {
                        let draft = folder.join(format!("{key}.new"));
                        fs::write(&draft, &text).unwrap();
                        fs::rename(&draft, &file).unwrap();
                    }
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        })
        .abort_handle()
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

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_in_a_config_map_is_edited_and_no_hand_is_lost() {
    let site = Site::start().await;
    edits_change_the_lines_they_must(&site).await;
    rules_are_keys(&site).await;
    another_hand_writes_while_the_editor_is_open(&site).await;
    another_hand_writes_between_look_and_write(&site).await;
    many_hands_write_at_once(&site).await;
    what_cannot_be_written_is_said_before(&site).await;
}

async fn edits_change_the_lines_they_must(site: &Site) {
    let other = "route: {receiver: a}\nreceivers: [{name: a}]\n";
    site.make("one", &[("alertmanager.yml", other), ("prometheus.yml", BEGIN), ("rules.yml", RULES)], false)
        .await;
    let shown = done(&site.run("one", &["scrape", "add", "hall", "--targets", "h:1", "--dry-run"]).await);
    assert!(shown.contains("+  - job_name: hall\n") && shown.contains("nothing was written"), "{shown}");
    assert_eq!(site.text("one", "prometheus.yml").await, BEGIN);
    assert!(site.maps.get_opt("one-enmon-before").await.unwrap().is_none());

    let shown = done(&site.run("one", &["scrape", "add", "hall", "--targets", "h:1"]).await);
    assert!(shown.contains("configmap:default/one-enmon-before/prometheus.yml"), "{shown}");
    let job = "  - job_name: hall\n    static_configs:\n      - targets: [\"h:1\"]\n";
    let expected = BEGIN.replace("\nrule_files", &format!("{job}\nrule_files"));
    assert_eq!(site.text("one", "prometheus.yml").await, expected);
    assert_eq!(site.text("one-enmon-before", "prometheus.yml").await, BEGIN);
    assert_eq!(site.text("one", "alertmanager.yml").await, other);
    let listed = done(&site.run("one/prometheus.yml", &["scrape", "list", "-o", "json"]).await);
    assert!(
        listed.contains("\"hall\"") && listed.contains("configmap:default/one/prometheus.yml"),
        "{listed}"
    );
    // the site file says where it is, and the environment where the cluster is
    let site_file = site.program.folder().join("enmon.yaml");
    fs::write(&site_file, "prometheus: {config: 'configmap:default/one'}\n").unwrap();
    let mut command = site.program.with(&["scrape", "list", "-o", "json"]);
    command.env("KUBECONFIG", site.plane.kubeconfig("admin"));
    assert_eq!(done(&ended(command).await), listed);
    fs::remove_file(&site_file).unwrap();
    let checked = done(&site.run("one", &["scrape", "check"]).await);
    assert!(checked.contains("one/rules.yml is right"), "{checked}");
    let said = refused(&site.run("one", &["scrape", "edit", "hall", "--interval", "5 s"]).await, 3);
    assert!(
        said.contains("configmap:default/one/prometheus.yml:") && said.contains("nothing was written"),
        "{said}"
    );
    done(&site.run("one", &["scrape", "delete", "hall"]).await);
    assert_eq!(site.text("one", "prometheus.yml").await, BEGIN);
}

async fn rules_are_keys(site: &Site) {
    done(&site.run("one", &["rule", "edit", "Down", "--for", "1m"]).await);
    assert_eq!(site.text("one", "rules.yml").await, format!("{RULES}        for: 1m\n"));
    // a key of another ConfigMap, which is new
    site.make("more", &[], false).await;
    let rule = ["rule", "add", "Hot", "--group", "g", "--expr", "hall_celsius > 40"];
    done(&site.run("more/hot.yml", &rule).await);
    assert!(site.text("more", "hot.yml").await.contains("alert: Hot"));
    let mut broken = rule.to_vec();
    broken[2] = "Hotter";
    broken[6] = "hall_celsius >";
    broken.extend(["--file", "hot.yml"]);
    let said = refused(&site.run("more", &broken).await, 3);
    assert!(said.contains("hot.yml:") && said.contains("nothing was written"), "{said}");
    let listed = done(&site.run("more/hot.yml", &["rule", "list", "-o", "json"]).await);
    assert!(listed.contains("\"Hot\"") && !listed.contains("Hotter"), "{listed}");
    done(&site.run("more/hot.yml", &["rule", "delete", "Hot"]).await);
}

/// Somebody adds a job while a person has another one in the editor: both stay.
async fn another_hand_writes_while_the_editor_is_open(site: &Site) {
    site.make("two", &[("prometheus.yml", BEGIN)], false).await;
    let (opened, go_on) = (site.program.folder().join("opened"), site.program.folder().join("go-on"));
    let editor = site.program.folder().join("editor.sh");
    let script = format!(
        "#!/bin/sh\ntouch {}\nwhile [ ! -e {} ]; do sleep 0.05; done\nsed -i 's/self/myself/' \"$1\"\n",
        opened.display(),
        go_on.display()
    );
    fs::write(&editor, script).unwrap();
    fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = site.command("two", &["scrape", "edit", "self"]);
    command.env("EDITOR", &editor).env("PATH", "/usr/bin:/bin");
    let running = tokio::spawn(ended(command));
    until(|| opened.exists()).await;
    done(&site.run("two", &["scrape", "add", "theirs", "--targets", "t:1"]).await);
    fs::write(&go_on, "").unwrap();
    done(&running.await.unwrap());
    let text = site.text("two", "prometheus.yml").await;
    assert!(text.contains("job_name: myself") && text.contains("job_name: theirs"), "{text}");
}

/// The API server says 409 exactly once: between the look and the write of one who comes along a way that is watched.
async fn another_hand_writes_between_look_and_write(site: &Site) {
    site.make("three", &[("prometheus.yml", BEGIN), ("notes", "a")], false).await;
    for (key, text) in [
        // another key: the same edit is sent anew
        ("notes", "b".to_owned()),
        // the same key: the edit is made anew from what is there now
        ("prometheus.yml", BEGIN.replace("job_name: self", "job_name: itself")),
    ] {
        let way = Way::to(&site.plane, &Token::default(), site.program.folder()).await;
        let (stopped, go_on) = way.stop_at("PATCH");
        let name = format!("by-{key}").replace('.', "-");
        let arguments = ["scrape", "add", &name, "--targets", "m:1"];
        let running = tokio::spawn(ended(site.command_by(way.kubeconfig(), "three", &arguments)));
        tokio::time::timeout(Duration::from_secs(60), stopped).await.unwrap().unwrap();
        site.overwrite("three", key, &text).await;
        go_on.send(()).unwrap();
        done(&running.await.unwrap());
        assert!(site.text("three", "prometheus.yml").await.contains(&format!("job_name: {name}")));
        if key == "notes" {
            assert_eq!(site.text("three", key).await, text);
        } else {
            assert!(site.text("three", key).await.contains("job_name: itself"));
        }
    }
}

async fn many_hands_write_at_once(site: &Site) {
    site.make("four", &[("prometheus.yml", BEGIN)], false).await;
    let names = ["a", "b", "c", "d"];
    let hands: Vec<_> = names
        .iter()
        .map(|name| tokio::spawn(ended(site.command("four", &["scrape", "add", name, "--targets", "m:1"]))))
        .collect();
    for hand in hands {
        done(&hand.await.unwrap());
    }
    let text = site.text("four", "prometheus.yml").await;
    for name in names {
        assert!(text.contains(&format!("job_name: {name}\n")), "{text}");
    }
}

async fn what_cannot_be_written_is_said_before(site: &Site) {
    let add = ["scrape", "add", "x", "--targets", "h:1"];
    site.make("fixed", &[("prometheus.yml", BEGIN)], true).await;
    let said = refused(&site.run("fixed", &add).await, 5);
    assert!(said.contains("immutable") && said.contains("another name"), "{said}");
    // all but 20 bytes are taken
    let ballast = "x".repeat((1 << 20) - BEGIN.len() - 20);
    site.make("full", &[("prometheus.yml", BEGIN), ("ballast", &ballast)], false).await;
    let said = refused(&site.run("full", &add).await, 3);
    assert!(said.contains("1048576") && said.contains("nothing was written"), "{said}");
    site.make("rules", &[("rules.yml", RULES)], false).await;
    let said = refused(&site.run("rules", &add).await, 3);
    assert!(said.contains("none of its keys") && said.contains("rules/KEY"), "{said}");
    let said = refused(&site.run("rules/other.yml", &add).await, 3);
    assert!(said.contains("no key `other.yml`: rules.yml"), "{said}");
    let said = refused(&site.run("nowhere", &add).await, 3);
    assert!(said.contains("\"nowhere\" not found"), "{said}");
    let account = site.plane.kubeconfig("account");
    let said = refused(&ended(site.command_by(&account, "one", &add)).await, 5);
    assert!(said.contains("forbid") && said.contains("docs/prometheus.md"), "{said}");
    let nobody = site.program.folder().join("nobody.kubeconfig");
    let text = site.plane.portable_kubeconfig().replace(&site.plane.url, "https://127.0.0.1:9");
    fs::write(&nobody, text).unwrap();
    refused(&ended(site.command_by(&nobody, "one", &add)).await, 4);
}

async fn until(mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(60));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_goes_by_a_config_map_or_gets_the_old_text_back() {
    let site = Site::start().await;
    let begin = BEGIN.replace("\nrule_files: [/etc/prometheus/rules.yml]\n", "");
    site.make("prometheus", &[("prometheus.yml", &begin)], false).await;
    let mut server = Prometheus::start(&begin);
    let kubelet = site.play_kubelet("prometheus", server.folder().to_owned());
    let (url, address) = (server.url(), server.address());

    done(&site.run("prometheus", &["scrape", "add", "other", "--targets", &address]).await);
    let apply = ["scrape", "apply", "--server", &url];
    let shown = done(&site.run("prometheus", &apply).await);
    assert!(shown.contains("(2 jobs)"), "{shown}");
    server.wait("scraped", |server| server.health("other") == ["up"]);
    let applied = site.text("prometheus", "prometheus.yml").await;
    assert_eq!(site.text("prometheus-enmon-applied", "prometheus.yml").await, applied);
    assert_eq!(fs::read_to_string(server.file()).unwrap(), applied, "the kubelet copies what the API says");

    // right for us, and not for this server: a rule file that it can't read
    fs::create_dir(server.folder().join("rules.yml")).unwrap();
    let wrong = format!("{applied}\nrule_files: [rules.yml]\n");
    site.overwrite("prometheus", "prometheus.yml", &wrong).await;
    let mut soon = apply.to_vec();
    soon.extend(["--wait", "5s"]);
    let said = refused(&site.run("prometheus", &soon).await, 5);
    assert!(said.contains("failed to reload config") && said.contains("prometheus-enmon-applied"), "{said}");
    assert_eq!(site.text("prometheus", "prometheus.yml").await, applied);
    assert_eq!(site.text("prometheus-enmon-refused", "prometheus.yml").await, wrong);
    let (_, metrics) = server.get("/metrics");
    assert!(metrics.contains("\nprometheus_config_last_reload_successful 1\n"), "it goes by the old text");

    // a server that does not see the new text: nobody brings it
    kubelet.abort();
    done(&site.run("prometheus", &["scrape", "delete", "other"]).await);
    soon[5] = "3s";
    let said = refused(&site.run("prometheus", &soon).await, 1);
    assert!(said.contains("`other` is still loaded"), "{said}");
    assert_eq!(site.text("prometheus", "prometheus.yml").await, applied);

    another_hand_writes_during_apply(&site, &server, &soon).await;
    an_older_text_is_refused_first(&site, &mut server, &apply).await;

    // pods that mount it are told; one by subPath alone never hears
    let pods: Api<Pod> = Api::namespaced(site.plane.client().await, NAMESPACE);
    pods_that_mount(&site, &pods, "deaf", json!({"subPath": "prometheus.yml"})).await;
    let said = refused(&site.run("prometheus", &soon).await, 1);
    assert!(said.contains("subPath") && said.contains("deaf"), "{said}");
    pods_that_mount(&site, &pods, "hears", json!({})).await;
    let output = site.run("prometheus", &soon).await;
    done(&output);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("1 pods were told") && said.contains("the pod deaf"), "{said}");
    let seen = pods.get("hears").await.unwrap().metadata.annotations.unwrap();
    let version = site.maps.get("prometheus").await.unwrap().metadata.resource_version.unwrap();
    assert_eq!(seen["enmon.io/configmap-seen"], version);
}

/// What somebody else has written meanwhile is not overwritten by what was before.
async fn another_hand_writes_during_apply(site: &Site, server: &Prometheus, apply: &[&str]) {
    let good = site.text("prometheus", "prometheus.yml").await;
    site.overwrite("prometheus", "prometheus.yml", &good.replace("job_name: other", "job_name: another"))
        .await;
    let before = reloaded_at(server);
    let running = tokio::spawn(ended(site.command("prometheus", apply)));
    until(|| reloaded_at(server) != before).await;
    let theirs = good.replace("job_name: other", "job_name: theirs");
    site.overwrite("prometheus", "prometheus.yml", &theirs).await;
    let said = refused(&running.await.unwrap(), 1);
    assert!(said.contains("by somebody else meanwhile, and stays"), "{said}");
    assert_eq!(site.text("prometheus", "prometheus.yml").await, theirs);
    site.overwrite("prometheus", "prometheus.yml", &good).await;
}

/// A kubelet is late, and the server refuses what it still sees: that says nothing about the text that is on its way.
async fn an_older_text_is_refused_first(site: &Site, server: &mut Prometheus, apply: &[&str]) {
    let good = site.text("prometheus", "prometheus.yml").await;
    fs::write(server.file(), "scrape_configs: 1\n").unwrap();
    // only now it is new, so the server may not have seen it
    site.overwrite("prometheus", "prometheus.yml", &format!("{good}# new\n")).await;
    let running = tokio::spawn(ended(site.command("prometheus", apply)));
    until(|| server.get("/metrics").1.contains("\nprometheus_config_last_reload_successful 0\n")).await;
    let draft = server.folder().join("draft");
    fs::write(&draft, &good).unwrap();
    fs::rename(&draft, server.file()).unwrap();
    done(&running.await.unwrap());
    assert_eq!(site.text("prometheus", "prometheus.yml").await, format!("{good}# new\n"));
}

fn reloaded_at(server: &Prometheus) -> String {
    let (_, metrics) = server.get("/metrics");
    let name = "prometheus_config_last_reload_success_timestamp_seconds ";
    metrics.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned()
}

async fn pods_that_mount(site: &Site, pods: &Api<Pod>, name: &str, more: serde_json::Value) {
    site.plane.until_there("/api/v1/namespaces/default/serviceaccounts").await;
    let mut mount = json!({"name": "config", "mountPath": "/etc/prometheus"});
    mount.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let pod = json!({
        "metadata": {"name": name},
        "spec": {
            "automountServiceAccountToken": false,
            "serviceAccountName": "default",
            "containers": [{"name": "prometheus", "image": "prometheus", "volumeMounts": [mount]}],
            "volumes": [{"name": "config", "configMap": {"name": "prometheus"}}],
        },
    });
    let account = json!({"metadata": {"name": "default"}});
    let accounts: Api<k8s_openapi::api::core::v1::ServiceAccount> =
        Api::namespaced(site.plane.client().await, NAMESPACE);
    let _ = accounts.create(&PostParams::default(), &serde_json::from_value(account).unwrap()).await;
    pods.create(&PostParams::default(), &serde_json::from_value(pod).unwrap()).await.unwrap();
}
