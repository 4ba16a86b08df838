//! The settings with which a server sends its samples to a second one, edited in its file; all else stays as its owner wrote it.
//!
//! Whether the file is right afterwards is left to `config`, and files to the caller.

use super::settings;
use crate::document::{self, Edit, EditError, Source, Step, Value, edited};
use crate::prometheus::Credentials;

/// Where the list is in a file of Prometheus.
const WRITES: &str = "remote_write";

/// How samples are sent to a second server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// Address of its receiver, `http://host:9090/api/v1/write`.
    pub url: String,
    /// PEM file with what is trusted, as the first server sees it.
    pub tls_ca: Option<String>,
    /// The name that the receiver's certificate bears, where it is not the host's.
    pub tls_server_name: Option<String>,
    /// Who sends.
    pub credentials: Option<Credentials>,
    /// A label for all samples that leave the server; `false`: only when it adds none so far.
    pub label: (String, String, bool),
}

/// Returns the address of a server's receiver.
pub fn receiver_url(server: &str) -> String {
    format!("{}/api/v1/write", server.trim_end_matches('/'))
}

/// Settings of the queue (REFERENCE A7): few connections with large requests, and five seconds at the most until a request goes.
fn queue(of: Option<&Value>) -> Value {
    let mut queue = match of {
        Some(Value::Map(_)) => of.cloned().unwrap_or(Value::Null),
        _ => Value::Map(Vec::new()),
    };
    queue.set("capacity", 10_000);
    queue.set("max_shards", 5);
    queue.set("max_samples_per_send", 1_000);
    queue.set("batch_send_deadline", "5s");
    queue
}

impl Sending {
    fn apply(&self, write: &mut Value) {
        write.set("url", self.url.as_str());
        match &self.credentials {
            Some(Credentials::Basic { user, password_file }) => {
                write.remove("authorization");
                let basic = [("username", user.as_str()), ("password_file", password_file.as_str())];
                write.set("basic_auth", Value::map(basic.map(|(key, word)| (key, Value::from(word)))));
            }
            Some(Credentials::Bearer { file }) => {
                write.remove("basic_auth");
                write.set("authorization", Value::map([("credentials_file", Value::from(file.as_str()))]));
            }
            None => {}
        }
        let tls = [("ca_file", &self.tls_ca), ("server_name", &self.tls_server_name)];
        if tls.iter().any(|(_, word)| word.is_some()) {
            let mut config = write.get("tls_config").cloned().unwrap_or(Value::Map(Vec::new()));
            for (key, word) in tls {
                if let Some(word) = word {
                    config.set(key, word.as_str());
                }
            }
            write.set("tls_config", config);
        }
        let queue = queue(write.get("queue_config"));
        write.set("queue_config", queue);
    }
}

fn position(source: &Source, url: &str) -> Option<usize> {
    settings::remote_writes(source).iter().position(|write| write.url == url)
}

/// Returns the text of a file whose server sends its samples. A second time it changes nothing.
///
/// # Errors
/// When the file can't be edited in place.
pub fn with_sending(
    file: &str,
    text: &str,
    source: Option<&Source>,
    sending: &Sending,
) -> Result<Source, EditError> {
    let (name, value, is_wanted) = &sending.label;
    let mut new = Value::Map(Vec::new());
    sending.apply(&mut new);
    let label = Value::map([(name.as_str(), Value::from(value.as_str()))]);
    let Some(source) = source else {
        let global = Value::map([("external_labels", label)]);
        let whole = Value::map([("global", global), (WRITES, Value::List(vec![new]))]);
        return document::begun(file, text, &whole);
    };
    let labels = settings::external_labels(source);
    let after = match labels.iter().find(|(there, _)| there == name) {
        Some((_, there)) if there == value || !is_wanted => source.clone(),
        _ if !labels.is_empty() && !is_wanted => source.clone(),
        _ => with_value(source, &["global", "external_labels", name], Value::from(value.as_str()))?,
    };
    match position(&after, &sending.url) {
        Some(index) => {
            let path = [Step::Key(WRITES), Step::At(index)];
            let mut write = after.node(&path).map_or(Value::Null, Value::from);
            sending.apply(&mut write);
            edited(&after, &path, &Edit::Set(write))
        }
        None => {
            let count = after.root().entry(WRITES).map_or(0, |entry| entry.value.elements().len());
            edited(&after, &[Step::Key(WRITES), Step::At(count)], &Edit::Insert(new))
        }
    }
}

/// Returns the text of a file whose server does not send to that address; `None`: it never did.
///
/// # Errors
/// When the file can't be edited in place.
pub fn without_sending(source: &Source, url: &str) -> Result<Option<Source>, EditError> {
    let Some(index) = position(source, url) else { return Ok(None) };
    let count = source.root().entry(WRITES).map_or(0, |entry| entry.value.elements().len());
    let whole = [Step::Key(WRITES)];
    let one = [Step::Key(WRITES), Step::At(index)];
    edited(source, if count == 1 { &whole[..] } else { &one[..] }, &Edit::Remove).map(Some)
}

/// Returns the text of a file whose server takes samples that are so old, at least. `hours` of 0 changes nothing.
///
/// # Errors
/// When the file can't be edited in place.
pub fn with_window(file: &str, text: &str, source: Option<&Source>, hours: u64) -> Result<Source, EditError> {
    let window = Value::from(format!("{hours}h"));
    let Some(source) = source else {
        let tsdb = Value::map([("out_of_order_time_window", window)]);
        return document::begun(file, text, &Value::map([("storage", Value::map([("tsdb", tsdb)]))]));
    };
    let there = u64::try_from(settings::out_of_order_window_ms(source)).unwrap_or(0);
    if there >= hours * 3_600_000 {
        return Ok(source.clone());
    }
    with_value(source, &["storage", "tsdb", "out_of_order_time_window"], window)
}

/// Sets a value within mappings, which are made where they are missing.
fn with_value(source: &Source, keys: &[&str], value: Value) -> Result<Source, EditError> {
    let steps: Vec<Step<'_>> = keys.iter().map(|key| Step::Key(key)).collect();
    let is_map = |depth: &usize| {
        matches!(source.node(&steps[..*depth]).map(|node| &node.content), Some(document::Content::Map(_)))
    };
    // the deepest mapping that is there; its key gets all the rest
    let depth = (0..keys.len()).rev().find(is_map).unwrap_or(0);
    let nested = |value: Value, key: &&str| Value::map([(*key, value)]);
    let value = keys[(depth + 1).min(keys.len())..].iter().rev().fold(value, nested);
    edited(source, &steps[..(depth + 1).min(keys.len())], &Edit::Set(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Draft;

    fn source(text: &str) -> Source {
        Draft::read("p.yml", text).source.unwrap()
    }

    fn sending() -> Sending {
        Sending {
            url: receiver_url("http://b:9090/"),
            tls_ca: None,
            tls_server_name: None,
            credentials: None,
            label: ("site".into(), "a".into(), false),
        }
    }

    const QUEUE: &str = "    queue_config:\n      capacity: 10000\n      max_shards: 5\n      max_samples_per_send: 1000\n      batch_send_deadline: 5s\n";

    #[test]
    fn what_is_added_is_added_once_and_goes_again() {
        let text = "# ours\nglobal:\n  scrape_interval: 15s # often\n\nscrape_configs: [] # none\n";
        let once = with_sending("p.yml", text, Some(&source(text)), &sending()).unwrap();
        let added = "\nremote_write:\n  - url: http://b:9090/api/v1/write\n";
        let wanted = format!(
            "# ours\nglobal:\n  scrape_interval: 15s # often\n  external_labels:\n    site: a\n\nscrape_configs: [] # none\n{added}{QUEUE}"
        );
        assert_eq!(once.text(), wanted);
        let twice = with_sending("p.yml", once.text(), Some(&once), &sending()).unwrap();
        assert_eq!(twice.text(), wanted);
        let gone = without_sending(&once, &sending().url).unwrap().unwrap();
        assert_eq!(gone.text(), wanted.split_once("\nremote_write").unwrap().0);
        assert!(without_sending(&gone, &sending().url).unwrap().is_none());
    }

    #[test]
    fn what_the_owner_has_set_stays() {
        let text = "global: {external_labels: {rack: r1}}\nremote_write:\n  - url: http://c/w\n  # the standby\n  - url: http://b:9090/api/v1/write\n    remote_timeout: 10s # slow\n    queue_config: {min_shards: 2, capacity: 1}\n";
        let mut wish = sending();
        wish.credentials = Some(Credentials::Basic { user: "u".into(), password_file: "p".into() });
        wish.tls_ca = Some("ca.pem".into());
        let once = with_sending("p.yml", text, Some(&source(text)), &wish).unwrap();
        assert!(once.text().contains("  # the standby\n") && once.text().contains("10s # slow"));
        let write = Value::from(once.node(&[Step::Key(WRITES), Step::At(1)]).unwrap());
        let queue = write.get("queue_config").unwrap();
        assert_eq!(queue.get("min_shards"), Some(&Value::from(2)));
        assert_eq!(queue.get("capacity"), Some(&Value::from(10_000)));
        assert_eq!(write.get("tls_config"), Some(&Value::map([("ca_file", Value::from("ca.pem"))])));
        assert_eq!(write.get("basic_auth").unwrap().get("password_file"), Some(&Value::from("p")));
        let label = |source: &Source| settings::external_labels(source);
        assert_eq!(label(&once), [("rack".to_owned(), "r1".to_owned())]);
        // a label that is asked for comes beside the others
        wish.label.2 = true;
        assert_eq!(label(&with_sending("p.yml", text, Some(&once), &wish).unwrap()).len(), 2);
        // one way to say who sends takes the place of the other
        let mut file = once;
        for (credentials, there, gone) in [
            (Credentials::Bearer { file: "t".into() }, "authorization", "basic_auth"),
            (
                Credentials::Basic { user: "u".into(), password_file: "p".into() },
                "basic_auth",
                "authorization",
            ),
        ] {
            wish.credentials = Some(credentials);
            file = with_sending("p.yml", text, Some(&file), &wish).unwrap();
            let write = Value::from(file.node(&[Step::Key(WRITES), Step::At(1)]).unwrap());
            assert!(write.get(there).is_some() && write.get(gone).is_none(), "{}", file.text());
        }
        let gone = without_sending(&source(text), &wish.url).unwrap().unwrap();
        assert_eq!(gone.text(), text.split_once("  # the standby").unwrap().0);
    }

    #[test]
    fn a_window_grows_and_never_shrinks() {
        for (text, wanted) in [
            ("", "storage:\n  tsdb:\n    out_of_order_time_window: 24h\n"),
            ("global: {}\n", "global: {}\nstorage:\n  tsdb:\n    out_of_order_time_window: 24h\n"),
            (
                "storage:\n  exemplars: {max_exemplars: 1}\n",
                "storage:\n  exemplars: {max_exemplars: 1}\n  tsdb:\n    out_of_order_time_window: 24h\n",
            ),
            (
                "storage: {tsdb: {out_of_order_time_window: 30m}} # x\n",
                "storage: {tsdb: {out_of_order_time_window: 24h}} # x\n",
            ),
            (
                "storage: {tsdb: {out_of_order_time_window: 2d}}\n",
                "storage: {tsdb: {out_of_order_time_window: 2d}}\n",
            ),
        ] {
            let source = Draft::read("p.yml", text).source;
            assert_eq!(with_window("p.yml", text, source.as_ref(), 24).unwrap().text(), wanted, "{text}");
        }
    }

    #[test]
    fn an_empty_file_begins_with_it() {
        let begun = with_sending("p.yml", "# mine\n", None, &sending()).unwrap();
        assert!(
            begun.text().starts_with("# mine\nglobal:\n  external_labels:\n    site: a\nremote_write:\n")
        );
    }
}
