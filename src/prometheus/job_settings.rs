//! What a person says of a scrape job, and the job's value that it makes: anew, or from the one that is there.

use super::job_discovery::{KubernetesRole, Obstacle, discover};
use super::job_merges::{can_set, found, merged};
use crate::document::Value;

/// Who asks, as the target wants to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// HTTP basic authentication; the password stays in its file.
    Basic {
        /// The user.
        user: String,
        /// The file with the password, as the server sees it.
        password_file: String,
    },
    /// A token in a file, as the server sees it.
    Bearer {
        /// The file.
        file: String,
    },
}

/// What is said of a job. What is not said stays as it is, or takes the server's default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobSettings {
    /// `host:port` of each target.
    pub targets: Option<Vec<String>>,
    /// Time between two scrapes.
    pub interval: Option<String>,
    /// How long a scrape may take.
    pub timeout: Option<String>,
    /// Path of the metrics.
    pub path: Option<String>,
    /// `http` or `https`.
    pub scheme: Option<String>,
    /// Labels of all listed targets, whatever group they are in.
    pub labels: Vec<(String, String)>,
    /// Labels that are to go, from each group.
    pub labels_gone: Vec<String>,
    /// PEM file with what is trusted, as the server sees it.
    pub tls_ca: Option<String>,
    /// The name that the target's certificate bears, where it is not the host's.
    pub tls_server_name: Option<String>,
    /// Who asks.
    pub credentials: Option<Credentials>,
    /// What finds the targets.
    pub kubernetes: Option<KubernetesRole>,
}

/// Where a job lists its targets, in groups with labels of their own.
const LISTS: &str = "static_configs";
/// The ways of a job to say who asks.
const AUTHORIZATIONS: [&str; 5] =
    ["authorization", "basic_auth", "oauth2", "bearer_token", "bearer_token_file"];

/// Why settings can't be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Targets are listed in several places, and it is not said which one is meant.
    #[error("the job lists its targets in {0} places, each with labels of its own")]
    SeveralLists(usize),
    /// Labels belong to listed targets; there are none.
    #[error("the job has no list of targets that labels could be for")]
    NoTargets,
    /// Something that is there would be lost, or go unheard.
    #[error(transparent)]
    InTheWay(#[from] Obstacle),
    /// A key comes from elsewhere, and Prometheus takes no other beside it.
    #[error("`{0}` comes from what `<<` merges in, and can't be set or taken out beside it")]
    Merged(String),
}

impl JobSettings {
    /// Says whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == JobSettings::default()
    }

    /// Makes a new job.
    ///
    /// # Errors
    /// When there are labels and no targets.
    pub fn job(&self, name: &str) -> Result<Value, SettingsError> {
        let mut job = Value::map([("job_name", Value::from(name))]);
        self.apply(&mut job)?;
        Ok(job)
    }

    /// Changes a job.
    ///
    /// # Errors
    /// When it is not clear which of its targets are meant.
    pub fn apply(&self, job: &mut Value) -> Result<(), SettingsError> {
        let words = [
            ("scrape_interval", &self.interval),
            ("scrape_timeout", &self.timeout),
            ("metrics_path", &self.path),
            ("scheme", &self.scheme),
        ];
        for (key, word) in words {
            if let Some(word) = word {
                demand_settable(job, key)?;
                job.set(key, word.as_str());
            }
        }
        if let Some(credentials) = &self.credentials {
            authorize(job, credentials)?;
        }
        self.apply_tls(job)?;
        if let Some(role) = self.kubernetes {
            discover(job, role)?;
        }
        self.apply_targets(job)
    }

    fn apply_tls(&self, job: &mut Value) -> Result<(), SettingsError> {
        let tls = [("ca_file", &self.tls_ca), ("server_name", &self.tls_server_name)];
        if tls.iter().all(|(_, word)| word.is_none()) {
            return Ok(());
        }
        demand_settable(job, "tls_config")?;
        let mut config = mapping(found(job, "tls_config"));
        for (key, word) in tls {
            if let Some(word) = word {
                demand_settable(&config, key)?;
                config.set(key, word.as_str());
            }
        }
        job.set("tls_config", config);
        Ok(())
    }

    fn apply_targets(&self, job: &mut Value) -> Result<(), SettingsError> {
        if self.targets.is_none() && self.labels.is_empty() && self.labels_gone.is_empty() {
            return Ok(());
        }
        demand_settable(job, LISTS)?;
        let mut lists = match found(job, LISTS) {
            Some(Value::List(lists)) => lists.clone(),
            _ => Vec::new(),
        };
        if let Some(targets) = &self.targets {
            if lists.len() > 1 {
                return Err(SettingsError::SeveralLists(lists.len()));
            }
            if lists.is_empty() {
                lists.push(Value::Map(Vec::new()));
            }
            for list in &mut lists {
                demand_settable(list, "targets")?;
                list.set("targets", Value::list(targets.iter().map(String::as_str)));
            }
        }
        if lists.is_empty() {
            return Err(SettingsError::NoTargets);
        }
        for list in &mut lists {
            self.apply_labels(list)?;
        }
        job.set(LISTS, Value::List(lists));
        Ok(())
    }

    /// Changes the labels of a group of targets. Those that are merged in are so already, or stand in the way: a second one is refused.
    fn apply_labels(&self, list: &mut Value) -> Result<(), SettingsError> {
        let from_merge = |labels: &Value, name: &str| {
            let elsewhere = merged(list, "labels").and_then(|labels| found(labels, name));
            merged(labels, name).or(elsewhere).cloned()
        };
        let before = mapping(list.get("labels"));
        let mut labels = before.clone();
        for name in &self.labels_gone {
            if from_merge(&labels, name).is_some() {
                return Err(SettingsError::Merged(name.clone()));
            }
            labels.remove(name);
        }
        for (name, value) in &self.labels {
            match from_merge(&labels, name) {
                None => labels.set(name, value.as_str()),
                Some(there) if there == Value::from(value.as_str()) => {}
                Some(_) => return Err(SettingsError::Merged(name.clone())),
            }
        }
        if labels == before {
            return Ok(());
        }
        if labels == Value::Map(Vec::new()) {
            list.remove("labels");
        } else {
            list.set("labels", labels);
        }
        Ok(())
    }
}

/// Sets who asks; a server takes one way to say it, so all others go.
fn authorize(job: &mut Value, credentials: &Credentials) -> Result<(), SettingsError> {
    // one that is merged in can't be taken out, and a server mixes the same one with ours
    if let Some(way) = AUTHORIZATIONS.into_iter().find(|way| merged(job, way).is_some()) {
        return Err(SettingsError::Merged(way.to_owned()));
    }
    let (key, value) = match credentials {
        Credentials::Basic { user, password_file } => (
            "basic_auth",
            Value::map([
                ("username", Value::from(user.as_str())),
                ("password_file", password_file.as_str().into()),
            ]),
        ),
        Credentials::Bearer { file } => {
            ("authorization", Value::map([("credentials_file", Value::from(file.as_str()))]))
        }
    };
    for other in AUTHORIZATIONS.into_iter().filter(|other| *other != key) {
        job.remove(other);
    }
    job.set(key, value);
    Ok(())
}

fn demand_settable(map: &Value, key: &str) -> Result<(), SettingsError> {
    if can_set(map, key) { Ok(()) } else { Err(SettingsError::Merged(key.to_owned())) }
}

/// Returns a mapping to change; a key without a value is an empty one.
fn mapping(there: Option<&Value>) -> Value {
    match there {
        Some(there @ Value::Map(_)) => there.clone(),
        _ => Value::Map(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Draft;

    #[test]
    fn a_job_has_what_was_said_and_nothing_else() {
        let settings = JobSettings {
            targets: Some(vec!["h:9100".into()]),
            interval: Some("5s".into()),
            labels: vec![("circuit".into(), "main".into())],
            credentials: Some(Credentials::Bearer { file: "token".into() }),
            ..JobSettings::default()
        };
        let list = Value::map([
            ("targets", Value::list(["h:9100"])),
            ("labels", Value::map([("circuit", Value::from("main"))])),
        ]);
        let wanted = Value::map([
            ("job_name", Value::from("a")),
            ("scrape_interval", "5s".into()),
            ("authorization", Value::map([("credentials_file", Value::from("token"))])),
            ("static_configs", Value::List(vec![list])),
        ]);
        assert_eq!(settings.job("a").unwrap(), wanted);
    }

    #[test]
    fn changes_leave_the_rest_and_know_what_excludes_the_other() {
        let mut job = JobSettings {
            targets: Some(vec!["h:1".into()]),
            labels: vec![("a".into(), "1".into()), ("b".into(), "2".into())],
            credentials: Some(Credentials::Bearer { file: "token".into() }),
            ..JobSettings::default()
        }
        .job("a")
        .unwrap();
        let change = JobSettings {
            labels: vec![("c".into(), "3".into())],
            labels_gone: vec!["a".into(), "b".into()],
            credentials: Some(Credentials::Basic { user: "u".into(), password_file: "p".into() }),
            ..JobSettings::default()
        };
        change.apply(&mut job).unwrap();
        assert_eq!(job.get("authorization"), None);
        assert!(job.get("basic_auth").is_some());
        let Some(Value::List(lists)) = job.get("static_configs") else { panic!("{job:?}") };
        assert_eq!(lists[0].get("targets"), Some(&Value::list(["h:1"])));
        assert_eq!(lists[0].get("labels"), Some(&Value::map([("c", Value::from("3"))])));
    }

    /// A job of a file.
    fn job(text: &str) -> Value {
        Value::from(Draft::read("job.yml", text).source.unwrap().root())
    }

    fn labels(labels: &[&str]) -> JobSettings {
        let (mut settings, split) = (JobSettings::default(), |label: &str| {
            label.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap()
        });
        for (name, value) in labels.iter().map(|label| split(label)) {
            if value.is_empty() {
                settings.labels_gone.push(name);
            } else {
                settings.labels.push((name, value));
            }
        }
        settings
    }

    #[test]
    fn what_is_not_clear_is_refused() {
        let two = Value::List(vec![Value::map([("targets", Value::list(["a:1"]))]); 2]);
        let mut job = Value::map([("job_name", Value::from("a")), ("static_configs", two)]);
        let change = JobSettings { targets: Some(vec!["b:1".into()]), ..JobSettings::default() };
        assert_eq!(change.apply(&mut job), Err(SettingsError::SeveralLists(2)));
        assert_eq!(labels(&["a=b"]).job("x"), Err(SettingsError::NoTargets));
    }

    #[test]
    fn labels_are_those_of_all_groups() {
        let before = "static_configs:\n- {targets: [a:1], labels: {dc: one, x: 1}}\n- {targets: [b:1], labels: {x: 2}}\n- {targets: [c:1], labels: }\n";
        for (change, after) in [
            (
                &["dc=two", "x="][..],
                "static_configs:\n- {targets: [a:1], labels: {dc: two}}\n- {targets: [b:1], labels: {dc: two}}\n- {targets: [c:1], labels: {dc: two}}\n",
            ),
            (
                &["x="],
                "static_configs:\n- {targets: [a:1], labels: {dc: one}}\n- {targets: [b:1]}\n- {targets: [c:1], labels: }\n",
            ),
            (&["other="], before),
        ] {
            let mut changed = job(before);
            labels(change).apply(&mut changed).unwrap();
            assert_eq!(changed, job(after), "{change:?}");
        }
    }

    #[test]
    fn one_way_of_authorization_takes_the_place_of_all_others() {
        let bearer = Credentials::Bearer { file: "new".into() };
        let basic = Credentials::Basic { user: "u".into(), password_file: "p".into() };
        for old in [
            "authorization: {type: Token, credentials: old}",
            "basic_auth: {username: old, password: old}",
            "oauth2: {client_id: old}",
            "bearer_token: old",
            "bearer_token_file: old",
        ] {
            let cases = [
                (&bearer, "authorization: {credentials_file: new}"),
                (&basic, "basic_auth: {username: u, password_file: p}"),
            ];
            for (credentials, wanted) in cases {
                let mut changed = job(&format!("job_name: a\n{old}\n"));
                let change = JobSettings { credentials: Some(credentials.clone()), ..JobSettings::default() };
                change.apply(&mut changed).unwrap();
                assert_eq!(changed, job(&format!("job_name: a\n{wanted}\n")), "{old}");
                let mut merged = job(&format!("<<: {{{old}}}\n"));
                let way = old.split(':').next().unwrap_or_default();
                assert_eq!(change.apply(&mut merged), Err(SettingsError::Merged(way.into())), "{old}");
            }
        }
    }

    #[test]
    fn nothing_is_set_beside_a_merge_that_a_server_would_refuse_or_not_hear() {
        let interval = JobSettings { interval: Some("5s".into()), ..JobSettings::default() };
        let name = JobSettings { tls_server_name: Some("n".into()), ..JobSettings::default() };
        let list = |labels: &str| format!("static_configs: [{{targets: [a:1], labels: {labels}}}]\n");
        let refused = |key: &str| Err(SettingsError::Merged(key.into()));
        for (change, before, outcome) in [
            (labels(&["env=dev"]), list("{<<: {env: prod}}"), refused("env")),
            (labels(&["env="]), list("{<<: [{a: b}, {env: prod}]}"), refused("env")),
            (labels(&["env=prod"]), list("{<<: {env: prod}}"), Ok(list("{<<: {env: prod}}"))),
            (labels(&["a=b"]), list("{<<: {env: prod}}"), Ok(list("{<<: {env: prod}, a: b}"))),
            (
                labels(&["env=dev"]),
                "static_configs: [{<<: {targets: [a:1], labels: {env: prod}}}]\n".to_owned(),
                refused("env"),
            ),
            (
                labels(&["a=b"]),
                "<<: {static_configs: [{targets: [a:1]}]}\n".to_owned(),
                Ok("<<: {static_configs: [{targets: [a:1]}]}\nstatic_configs: [{targets: [a:1], labels: {a: b}}]\n"
                    .to_owned()),
            ),
            (
                interval.clone(),
                "<<: {scrape_interval: 9s}\n".to_owned(),
                Ok("<<: {scrape_interval: 9s}\nscrape_interval: 5s\n".to_owned()),
            ),
            // what is merged last is what Prometheus goes by
            (
                interval,
                "scrape_interval: 7s\n<<: {scrape_interval: 9s}\n".to_owned(),
                refused("scrape_interval"),
            ),
            (
                name,
                "<<: {tls_config: {ca_file: ca}}\n".to_owned(),
                Ok("<<: {tls_config: {ca_file: ca}}\ntls_config: {ca_file: ca, server_name: n}\n".to_owned()),
            ),
        ] {
            let mut changed = job(&before);
            let applied = change.apply(&mut changed).map(|()| changed);
            assert_eq!(applied, outcome.map(|text| job(&text)), "{before}");
        }
    }
}
