//! What finds the targets of a job in Kubernetes: how it is set into a job, and what of the job stands in its way.
//!
//! The rules that go with it are for what Kubernetes finds and would drop all other targets, and what a person has written is not to be lost: a
//! job with either is refused. How that is said to a person is left to others.

use super::job_merges::found;
use crate::document::Value;

const DISCOVERY: &str = "kubernetes_sd_configs";
const RULES: &str = "relabel_configs";

/// What finds the targets of a job in Kubernetes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KubernetesRole {
    /// Each port of each pod.
    Pod,
    /// Each port of each service, behind its name.
    Service,
    /// The kubelet of each node.
    Node,
}

impl KubernetesRole {
    const ALL: [KubernetesRole; 3] = [KubernetesRole::Pod, KubernetesRole::Service, KubernetesRole::Node];

    fn word(self) -> &'static str {
        match self {
            // services are scraped by their endpoints, so that each replica has series of its own
            KubernetesRole::Service => "endpoints",
            KubernetesRole::Pod => "pod",
            KubernetesRole::Node => "node",
        }
    }

    /// Annotations `prometheus.io/…` are those of pods and services (REFERENCE A4).
    fn annotated(self) -> Option<&'static str> {
        match self {
            KubernetesRole::Pod => Some("pod"),
            KubernetesRole::Service => Some("service"),
            KubernetesRole::Node => None,
        }
    }

    fn discovery(self) -> Value {
        Value::List(vec![Value::map([("role", Value::from(self.word()))])])
    }
}

/// Why a job can't be made one that finds its targets in Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// Targets are listed, which the rules would drop.
    #[error("it lists targets, and rules for what Kubernetes finds would drop them")]
    ListedTargets,
    /// Another discovery finds targets, which the rules would drop.
    #[error("it has `{0}`, and rules for what Kubernetes finds would drop those targets")]
    OtherDiscovery(String),
    /// It finds others in Kubernetes already.
    #[error("it has `kubernetes_sd_configs` of its own, which would be lost")]
    OwnDiscovery,
    /// Targets are relabelled.
    #[error("it has `relabel_configs` of its own, which would be lost")]
    OwnRules,
}

/// Has a job find its targets in Kubernetes. One that finds this role already stays as it is.
///
/// # Errors
/// When the job would lose something that a person has written, or targets that it has.
pub(super) fn discover(job: &mut Value, role: KubernetesRole) -> Result<(), Obstacle> {
    let there = found(job, DISCOVERY).map(elements).unwrap_or_default();
    let is_found = |one: &Value| one.get("role") == Some(&Value::from(role.word()));
    if there.iter().any(is_found) {
        return Ok(());
    }
    demand_free(job)?;
    job.set(DISCOVERY, role.discovery());
    job.set(RULES, rules(role));
    Ok(())
}

/// Refuses a job that has more than what is made for a role.
fn demand_free(job: &Value) -> Result<(), Obstacle> {
    let groups = found(job, "static_configs").map(elements).unwrap_or_default();
    if groups.iter().any(|group| found(group, "targets").is_some_and(|targets| !elements(targets).is_empty()))
    {
        return Err(Obstacle::ListedTargets);
    }
    if let Some(other) = other_discovery(job) {
        return Err(Obstacle::OtherDiscovery(other.to_owned()));
    }
    let (discovery, own) = (found(job, DISCOVERY), found(job, RULES));
    let (is_finding, is_relabelled) = (is_filled(discovery), is_filled(own));
    let made = |role: &KubernetesRole| {
        own.is_some_and(|own| is_same(own, &rules(*role)))
            && (!is_finding || discovery.is_some_and(|there| is_same(there, &role.discovery())))
    };
    if (!is_finding && !is_relabelled) || KubernetesRole::ALL.iter().any(made) {
        return Ok(());
    }
    Err(if is_relabelled { Obstacle::OwnRules } else { Obstacle::OwnDiscovery })
}

/// Returns the key of a discovery that is not one of Kubernetes.
fn other_discovery(map: &Value) -> Option<&str> {
    let Value::Map(entries) = map else { return None };
    entries.iter().find_map(|(key, value)| match value {
        Value::List(list) if key == "<<" => list.iter().find_map(other_discovery),
        one if key == "<<" => other_discovery(one),
        _ => (key.ends_with("_sd_configs") && key != DISCOVERY && is_filled(Some(value)))
            .then_some(key.as_str()),
    })
}

fn elements(value: &Value) -> &[Value] {
    match value {
        Value::List(elements) => elements,
        _ => &[],
    }
}

fn is_filled(value: Option<&Value>) -> bool {
    value.is_some_and(|value| !elements(value).is_empty())
}

/// Says whether two values mean the same; the order of keys is no part of it.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::List(these), Value::List(those)) => {
            these.len() == those.len() && these.iter().zip(those).all(|(one, other)| is_same(one, other))
        }
        (Value::Map(these), Value::Map(those)) => {
            let is_there = |(key, value): &(String, Value)| other.get(key).is_some_and(|o| is_same(value, o));
            these.len() == those.len() && these.iter().all(is_there)
        }
        _ => one == other,
    }
}

/// Pods and services say by annotations whether they want to be scraped, and how (REFERENCE A4): `prometheus.io/scrape: "true"`, `/path`,
/// `/port`, `/scheme`.
fn rules(role: KubernetesRole) -> Value {
    let mut rules = Vec::new();
    if let Some(what) = role.annotated() {
        let annotation = |name: &str| format!("__meta_kubernetes_{what}_annotation_prometheus_io_{name}");
        rules.push(relabel(&[&annotation("scrape")], &[("action", "keep"), ("regex", "true")]));
        for (name, target) in [("path", "__metrics_path__"), ("scheme", "__scheme__")] {
            rules.push(relabel(&[&annotation(name)], &[("regex", "(.+)"), ("target_label", target)]));
        }
        rules.push(relabel(
            &["__address__", &annotation("port")],
            &[
                ("regex", r"(\[[^\]]+\]|[^:]+)(?::\d+)?;(\d+)"),
                ("replacement", "$1:$2"),
                ("target_label", "__address__"),
            ],
        ));
    }
    let names: &[(&str, &str)] = match role {
        KubernetesRole::Pod => &[("namespace", "namespace"), ("pod_name", "pod"), ("pod_node_name", "node")],
        KubernetesRole::Service => {
            &[("namespace", "namespace"), ("service_name", "service"), ("pod_name", "pod")]
        }
        KubernetesRole::Node => &[("node_name", "node")],
    };
    for (meta, target) in names {
        let source = format!("__meta_kubernetes_{meta}");
        rules.push(relabel(&[&source], &[("target_label", target)]));
    }
    Value::List(rules)
}

fn relabel(sources: &[&str], keys: &[(&str, &str)]) -> Value {
    let mut rule = Value::map([("source_labels", Value::list(sources.iter().copied()))]);
    for (key, word) in keys {
        rule.set(key, *word);
    }
    rule
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Draft;

    /// A job of a file.
    fn job(text: &str) -> Value {
        Value::from(Draft::read("job.yml", text).source.unwrap().root())
    }

    fn made(role: KubernetesRole) -> Value {
        let mut job = job("job_name: a\n");
        discover(&mut job, role).unwrap();
        job
    }

    #[test]
    fn a_job_that_finds_the_role_stays_as_it_is() {
        for (role, text) in [
            (
                KubernetesRole::Pod,
                "kubernetes_sd_configs: [{role: pod, namespaces: {names: [a]}}]\nrelabel_configs: [{action: drop, source_labels: [x]}]\n",
            ),
            (
                KubernetesRole::Pod,
                "kubernetes_sd_configs: [{role: pod}]\nstatic_configs: [{targets: [a:1]}]\n",
            ),
            (KubernetesRole::Service, "kubernetes_sd_configs: [{role: node}, {role: endpoints}]\n"),
            (KubernetesRole::Node, "<<: {kubernetes_sd_configs: [{role: node}]}\n"),
        ] {
            let before = job(text);
            let mut after = before.clone();
            assert_eq!(discover(&mut after, role), Ok(()), "{text}");
            assert_eq!(after, before, "{text}");
        }
        for role in KubernetesRole::ALL {
            let mut again = made(role);
            assert_eq!(discover(&mut again, role), Ok(()));
            assert_eq!(again, made(role));
        }
    }

    #[test]
    fn what_would_be_lost_or_dropped_stands_in_the_way() {
        for (text, obstacle) in [
            ("static_configs: [{targets: [a:1]}]\n", Obstacle::ListedTargets),
            ("static_configs: [{<<: {targets: [a:1]}}]\n", Obstacle::ListedTargets),
            ("<<: {static_configs: [{targets: [a:1]}]}\n", Obstacle::ListedTargets),
            ("dns_sd_configs: [{names: [a]}]\n", Obstacle::OtherDiscovery("dns_sd_configs".into())),
            (
                "<<: [{file_sd_configs: [{files: [a.yml]}]}]\n",
                Obstacle::OtherDiscovery("file_sd_configs".into()),
            ),
            ("relabel_configs: [{action: drop, source_labels: [x]}]\n", Obstacle::OwnRules),
            (
                "kubernetes_sd_configs: [{role: node}]\nrelabel_configs: [{action: drop, source_labels: [x]}]\n",
                Obstacle::OwnRules,
            ),
            ("kubernetes_sd_configs: [{role: node}]\n", Obstacle::OwnDiscovery),
            ("kubernetes_sd_configs: [{role: ingress}]\n", Obstacle::OwnDiscovery),
        ] {
            let before = job(text);
            let mut after = before.clone();
            assert_eq!(discover(&mut after, KubernetesRole::Pod), Err(obstacle), "{text}");
            assert_eq!(after, before, "{text}");
        }
        let mut narrowed = made(KubernetesRole::Node);
        let narrow = "- {role: node, selectors: [{role: node, label: a=b}]}\n";
        narrowed.set(DISCOVERY, job(narrow));
        assert_eq!(discover(&mut narrowed, KubernetesRole::Pod), Err(Obstacle::OwnRules));
    }

    #[test]
    fn what_was_made_for_another_role_or_is_empty_makes_way() {
        for from in KubernetesRole::ALL {
            for to in KubernetesRole::ALL {
                let mut job = made(from);
                assert_eq!(discover(&mut job, to), Ok(()), "{from:?} {to:?}");
                assert_eq!(job, made(to));
            }
        }
        for text in [
            "job_name: a\nstatic_configs: [{targets: []}]\n",
            "job_name: a\nrelabel_configs:\ndns_sd_configs: []\n",
        ] {
            assert_eq!(discover(&mut job(text), KubernetesRole::Pod), Ok(()), "{text}");
        }
    }
}
