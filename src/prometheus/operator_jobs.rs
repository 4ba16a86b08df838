//! Scrape jobs as ScrapeConfigs of the Prometheus Operator: what a person says of a job, in the words of its `spec`.
//!
//! Fields are those of `monitoring.coreos.com/v1alpha1` (the operator's API reference, "ScrapeConfigSpec"). Certificates and passwords are not files
//! there but keys of Secrets and ConfigMaps: `secret:NAME/KEY`, `configmap:NAME/KEY`.

use serde_json::{Map, Value as Json, json};

use super::job_settings::{Credentials, JobSettings, SettingsError};
use crate::document::Value;

/// Fields of a job beside those of a ScrapeConfig.
const WORDS: [(&str, &str); 3] = [
    ("scrape_interval", "scrapeInterval"),
    ("scrape_timeout", "scrapeTimeout"),
    ("metrics_path", "metricsPath"),
];
/// Fields of a relabelling rule.
const RELABELING: [(&str, &str); 7] = [
    ("source_labels", "sourceLabels"),
    ("separator", "separator"),
    ("target_label", "targetLabel"),
    ("regex", "regex"),
    ("modulus", "modulus"),
    ("replacement", "replacement"),
    ("action", "action"),
];

/// Why a ScrapeConfig can't be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScrapeConfigError {
    /// It is not clear what is meant.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A secret is named as a file.
    #[error("`{0}` is no key of a Secret")]
    NoReference(String),
}

/// Changes the `spec` of a ScrapeConfig; a new one begins with an empty mapping.
///
/// # Errors
/// When it is not clear which targets are meant, or a file is named where a Secret is wanted.
pub fn apply(settings: &JobSettings, spec: &mut Json) -> Result<(), ScrapeConfigError> {
    if !spec.is_object() {
        *spec = Json::Object(Map::new());
    }
    let plain = JobSettings { credentials: None, tls_ca: None, tls_server_name: None, ..settings.clone() };
    let mut job = job_of(spec, "job");
    let before = discoveries(spec);
    for (key, value) in before.iter().cloned() {
        job.set(&key, value);
    }
    plain.apply(&mut job)?;
    for (ours, theirs) in WORDS {
        if let Some(word) = job.get(ours).and_then(text) {
            spec[theirs] = json!(word);
        }
    }
    if let Some(scheme) = &settings.scheme {
        spec["scheme"] = json!(scheme.to_uppercase());
    }
    if let Some(lists) = job.get("static_configs") {
        spec["staticConfigs"] = to_json(lists);
    }
    let is_so = before.iter().all(|(key, value)| job.get(key) == Some(value));
    if settings.kubernetes.is_some() && (before.is_empty() || !is_so) {
        discover(&job, spec);
    }
    if let Some(ca) = &settings.tls_ca {
        spec["tlsConfig"]["ca"] = certificate(ca)?;
    }
    if let Some(name) = &settings.tls_server_name {
        spec["tlsConfig"]["serverName"] = json!(name);
    }
    let Some(fields) = spec.as_object_mut() else { return Ok(()) };
    let (key, value) = match &settings.credentials {
        Some(Credentials::Basic { user, password_file }) => {
            ("basicAuth", json!({"username": secret(user)?, "password": secret(password_file)?}))
        }
        Some(Credentials::Bearer { file }) => ("authorization", json!({"credentials": secret(file)?})),
        None => return Ok(()),
    };
    // one way to say who asks takes the place of all others
    for way in ["authorization", "basicAuth", "oauth2"] {
        fields.remove(way);
    }
    fields.insert(key.to_owned(), value);
    Ok(())
}

/// Returns what finds the targets of a `spec` and relabels them, in the words of a job: what it has beside that of Kubernetes is only named.
fn discoveries(spec: &Json) -> Vec<(String, Value)> {
    let Some(fields) = spec.as_object() else { return Vec::new() };
    let all = fields.iter().filter(|(_, value)| value.as_array().is_some_and(|list| !list.is_empty()));
    let said = all.filter_map(|(key, value)| {
        Some(match key.as_str() {
            "kubernetesSDConfigs" => (
                "kubernetes_sd_configs".to_owned(),
                in_words(value, |key, word| match (key, word.as_str()) {
                    ("role", Some(role)) => json!(role.to_lowercase()),
                    _ => word.clone(),
                }),
            ),
            "relabelings" => ("relabel_configs".to_owned(), in_words(value, |_, word| word.clone())),
            key => (format!("{}_sd_configs", key.strip_suffix("SDConfigs")?), from_json(value)),
        })
    });
    said.collect()
}

/// Returns a list of mappings with the keys of a job, as far as there are such; `word`: what a key's value becomes.
fn in_words(list: &Json, word: impl Fn(&str, &Json) -> Json) -> Value {
    let mapping = |one: &Json| match one.as_object() {
        Some(fields) => {
            let ours = |theirs: &str| {
                let known = RELABELING.iter().find(|(_, known)| *known == theirs);
                known.map_or(theirs, |(ours, _)| *ours).to_owned()
            };
            Value::map(fields.iter().map(|(key, value)| (ours(key), from_json(&word(key, value)))))
        }
        None => from_json(one),
    };
    Value::List(list.as_array().into_iter().flatten().map(mapping).collect())
}

/// Puts discovery in Kubernetes into a `spec`: roles begin with a capital there.
fn discover(job: &Value, spec: &mut Json) {
    let role = match job.get("kubernetes_sd_configs") {
        Some(Value::List(list)) => list.first().and_then(|one| one.get("role")).and_then(text),
        _ => None,
    };
    let role = match role {
        Some("pod") => "Pod",
        Some("endpoints") => "Endpoints",
        _ => "Node",
    };
    spec["kubernetesSDConfigs"] = json!([{"role": role}]);
    if let Some(Value::List(rules)) = job.get("relabel_configs") {
        let rule = |rule: &Value| {
            let known = RELABELING.iter().filter_map(|(ours, theirs)| {
                rule.get(ours).map(|value| ((*theirs).to_owned(), to_json(value)))
            });
            Json::Object(known.collect())
        };
        spec["relabelings"] = rules.iter().map(rule).collect();
    }
}

/// Returns the job that a `spec` describes, as far as it can be checked as Prometheus would: no secrets, no relabelling.
pub fn job_of(spec: &Json, name: &str) -> Value {
    let mut job = Value::map([("job_name", Value::from(name))]);
    for (ours, theirs) in WORDS {
        if let Some(word) = spec.get(theirs).and_then(Json::as_str) {
            job.set(ours, word);
        }
    }
    if let Some(scheme) = spec.get("scheme").and_then(Json::as_str) {
        job.set("scheme", scheme.to_lowercase().as_str());
    }
    if let Some(lists) = spec.get("staticConfigs") {
        job.set("static_configs", from_json(lists));
    }
    job
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(word) => json!(word),
        Value::Number(number) => Json::Number(number.clone()),
        Value::Text(text) => json!(text),
        Value::List(list) => list.iter().map(to_json).collect(),
        Value::Map(map) => {
            Json::Object(map.iter().map(|(key, value)| (key.clone(), to_json(value))).collect())
        }
    }
}

/// Returns JSON as a value of a document.
pub fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(word) => Value::Bool(*word),
        Json::Number(number) => Value::Number(number.clone()),
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(list) => Value::List(list.iter().map(from_json).collect()),
        Json::Object(map) => {
            Value::Map(map.iter().map(|(key, value)| (key.clone(), from_json(value))).collect())
        }
    }
}

fn reference(text: &str, kind: &str) -> Option<Json> {
    let (name, key) = text.strip_prefix(kind)?.strip_prefix(':')?.split_once('/')?;
    (!name.is_empty() && !key.is_empty()).then(|| json!({"name": name, "key": key}))
}

fn secret(text: &str) -> Result<Json, ScrapeConfigError> {
    reference(text, "secret").ok_or_else(|| ScrapeConfigError::NoReference(text.to_owned()))
}

fn certificate(text: &str) -> Result<Json, ScrapeConfigError> {
    let found = reference(text, "secret")
        .map(|at| json!({"secret": at}))
        .or_else(|| reference(text, "configmap").map(|at| json!({"configMap": at})));
    found.ok_or_else(|| ScrapeConfigError::NoReference(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prometheus::{KubernetesRole, Obstacle};

    #[test]
    fn a_job_is_said_in_the_words_of_a_scrape_config() {
        let mut spec = json!({"honorLabels": true});
        let settings = JobSettings {
            targets: Some(vec!["a:1".into()]),
            interval: Some("5s".into()),
            path: Some("/m".into()),
            scheme: Some("https".into()),
            labels: vec![("row".into(), "1".into())],
            tls_ca: Some("configmap:ca/ca.crt".into()),
            tls_server_name: Some("a".into()),
            credentials: Some(Credentials::Basic {
                user: "secret:s/user".into(),
                password_file: "secret:s/password".into(),
            }),
            ..JobSettings::default()
        };
        apply(&settings, &mut spec).unwrap();
        let expected = json!({
            "honorLabels": true,
            "scrapeInterval": "5s",
            "metricsPath": "/m",
            "scheme": "HTTPS",
            "staticConfigs": [{"targets": ["a:1"], "labels": {"row": "1"}}],
            "tlsConfig": {"ca": {"configMap": {"name": "ca", "key": "ca.crt"}}, "serverName": "a"},
            "basicAuth": {"username": {"name": "s", "key": "user"}, "password": {"name": "s", "key": "password"}},
        });
        assert_eq!(spec, expected);
        let bearer = JobSettings {
            credentials: Some(Credentials::Bearer { file: "secret:s/token".into() }),
            ..Default::default()
        };
        apply(&bearer, &mut spec).unwrap();
        assert_eq!(spec["authorization"]["credentials"]["key"], "token");
        assert!(spec.get("basicAuth").is_none());
        let file = JobSettings {
            credentials: Some(Credentials::Bearer { file: "/t".into() }),
            ..Default::default()
        };
        assert_eq!(apply(&file, &mut spec).unwrap_err(), ScrapeConfigError::NoReference("/t".into()));
    }

    #[test]
    fn discovery_is_changed_only_where_nothing_is_lost() {
        let asked = |role| JobSettings { kubernetes: Some(role), ..Default::default() };
        let mut spec = Json::Null;
        for role in [KubernetesRole::Pod, KubernetesRole::Node, KubernetesRole::Service] {
            apply(&asked(role), &mut spec).unwrap();
            let mut anew = Json::Null;
            apply(&asked(role), &mut anew).unwrap();
            assert_eq!(spec, anew, "{role:?}");
        }
        let own = json!({"kubernetesSDConfigs": [{"role": "Pod", "namespaces": {"names": ["a"]}}],
            "relabelings": [{"sourceLabels": ["x"], "action": "Drop"}]});
        let mut same = own.clone();
        apply(&asked(KubernetesRole::Pod), &mut same).unwrap();
        assert_eq!(same, own);
        for (spec, obstacle) in [
            (own, Obstacle::OwnRules),
            (json!({"staticConfigs": [{"targets": ["a:1"]}]}), Obstacle::ListedTargets),
            (json!({"dnsSDConfigs": [{"names": ["a"]}]}), Obstacle::OtherDiscovery("dns_sd_configs".into())),
            (json!({"kubernetesSDConfigs": [{"role": "Ingress"}]}), Obstacle::OwnDiscovery),
        ] {
            let refused = apply(&asked(KubernetesRole::Node), &mut spec.clone()).unwrap_err();
            assert_eq!(refused, SettingsError::InTheWay(obstacle).into(), "{spec}");
        }
        // what does not concern it changes nothing of it
        let mut paced = json!({"kubernetesSDConfigs": [{"role": "Pod"}], "oauth2": {"clientId": {}}});
        let settings = JobSettings {
            interval: Some("5s".into()),
            credentials: Some(Credentials::Bearer { file: "secret:s/token".into() }),
            ..Default::default()
        };
        apply(&settings, &mut paced).unwrap();
        let wanted = json!({"kubernetesSDConfigs": [{"role": "Pod"}], "scrapeInterval": "5s",
            "authorization": {"credentials": {"name": "s", "key": "token"}}});
        assert_eq!(paced, wanted);
    }

    #[test]
    fn discovery_has_roles_with_capitals_and_rules_in_camel_case() {
        let mut spec = Json::Null;
        let settings = JobSettings { kubernetes: Some(KubernetesRole::Pod), ..Default::default() };
        apply(&settings, &mut spec).unwrap();
        assert_eq!(spec["kubernetesSDConfigs"], json!([{"role": "Pod"}]));
        let keep = &spec["relabelings"][0];
        assert_eq!(keep["action"], "keep");
        assert_eq!(keep["sourceLabels"][0], "__meta_kubernetes_pod_annotation_prometheus_io_scrape");
    }
}
