//! The file of Alertmanager: its global section, and what holds between routes, receivers and times.

use std::borrow::Cow;
use std::collections::HashSet;

use super::MISSING_FILE;
use super::fields::Fields;
use super::http::{RECEIVER_CLIENT, TLS, one_of_two};
use super::integrations::RECEIVER;
use super::matchers;
use super::routes::{self, ROUTE};
use super::shape::{Field, Kind, Section, duration, file, flag, secret, section, text};
use super::time_intervals::NAMED;
use super::walk::Walk;
use crate::document::{Entry, Node};

/// The file.
pub(super) static CONFIG: Section = Section {
    title: "Alertmanager's configuration",
    fields: &[
        section("global", &GLOBAL),
        Field::new("inhibit_rules", Kind::List(&Kind::Section(&INHIBIT_RULE))),
        Field::new("mute_time_intervals", Kind::List(&Kind::Section(&NAMED))),
        Field::new("receivers", Kind::List(&Kind::Section(&RECEIVER))),
        section("route", &ROUTE),
        Field::new("templates", Kind::List(&Kind::Judged(template_files))),
        Field::new("time_intervals", Kind::List(&Kind::Section(&NAMED))),
        Field::new("tracing", Kind::Any).since(0, 30),
    ],
    shared: &[],
    rule: Some(config),
};

const WEB: Kind = Kind::HttpUrl;

static GLOBAL: Section = Section {
    title: "the global section",
    fields: &[
        section("http_config", &RECEIVER_CLIENT),
        Field::new("jira_api_url", WEB).since(0, 28),
        secret("mattermost_webhook_url").since(0, 30),
        file("mattermost_webhook_url_file").since(0, 30),
        secret("opsgenie_api_key"),
        file("opsgenie_api_key_file"),
        Field::new("opsgenie_api_url", WEB),
        Field::new("pagerduty_url", WEB),
        duration("resolve_timeout"),
        Field::new("rocketchat_api_url", WEB).since(0, 28),
        secret("rocketchat_token").since(0, 28),
        file("rocketchat_token_file").since(0, 28),
        secret("rocketchat_token_id").since(0, 28),
        file("rocketchat_token_id_file").since(0, 28),
        Field::new("slack_api_url", WEB),
        file("slack_api_url_file"),
        text("slack_app_token").since(0, 30),
        file("slack_app_token_file").since(0, 30),
        Field::new("slack_app_url", WEB).since(0, 30),
        text("smtp_auth_identity"),
        secret("smtp_auth_password"),
        file("smtp_auth_password_file"),
        secret("smtp_auth_secret"),
        file("smtp_auth_secret_file").since(0, 29),
        text("smtp_auth_username"),
        text("smtp_from"),
        text("smtp_hello"),
        flag("smtp_require_tls"),
        Field::new("smtp_smarthost", Kind::HostPort),
        section("smtp_tls_config", &TLS).since(0, 28),
        Field::new("telegram_api_url", WEB),
        secret("telegram_bot_token").since(0, 30),
        file("telegram_bot_token_file").since(0, 30),
        secret("victorops_api_key"),
        file("victorops_api_key_file"),
        Field::new("victorops_api_url", WEB),
        Field::new("webex_api_url", WEB),
        text("wechat_api_corp_id"),
        secret("wechat_api_secret"),
        file("wechat_api_secret_file").since(0, 30),
        Field::new("wechat_api_url", WEB),
    ],
    shared: &[],
    rule: Some(|walk, fields| {
        for (one, other) in [
            ("opsgenie_api_key", "opsgenie_api_key_file"),
            ("rocketchat_token", "rocketchat_token_file"),
            ("rocketchat_token_id", "rocketchat_token_id_file"),
            ("slack_api_url", "slack_api_url_file"),
            ("smtp_auth_password", "smtp_auth_password_file"),
            ("smtp_auth_secret", "smtp_auth_secret_file"),
            ("victorops_api_key", "victorops_api_key_file"),
        ] {
            one_of_two(walk, fields, one, other);
        }
    }),
};

static INHIBIT_RULE: Section = Section {
    title: "an inhibition rule",
    fields: &[
        Field::new("equal", Kind::List(&Kind::LabelName)),
        text("name").since(0, 29),
        Field::new("source_match", Kind::Judged(matchers::equalities)),
        Field::new("source_match_re", Kind::Judged(matchers::expressions)),
        Field::new("source_matchers", Kind::Judged(matchers::matchers)),
        Field::new("target_match", Kind::Judged(matchers::equalities)),
        Field::new("target_match_re", Kind::Judged(matchers::expressions)),
        Field::new("target_matchers", Kind::Judged(matchers::matchers)),
    ],
    shared: &[],
    rule: Some(|walk, fields| {
        for side in ["source", "target"] {
            let names = [format!("{side}_matchers"), format!("{side}_match"), format!("{side}_match_re")];
            if !names.iter().any(|name| fields.filled(name).is_some()) {
                let message = format!("an inhibition rule without `{side}_matchers` fits every alert");
                walk.warn("no-matchers", fields.span(), message, format!("add `{side}_matchers`"));
            }
        }
    }),
};

fn template_files<'a>(walk: &mut Walk<'a>, name: &str, node: &'a Node) {
    walk.value(name, &Kind::Text, node);
    let Some(path) = walk.word(node) else { return };
    if !path.is_empty() && !walk.surroundings.files.any_match(&path) {
        let message = format!("no file fits the template path `{path}`");
        walk.warn(MISSING_FILE, node.span, message, "nothing is loaded until there is one");
    }
}

/// What an integration needs that may stand in the global section instead: any of its own fields, or any of the global ones.
const INHERITED: &[(&str, &[&str], &[&str])] = &[
    ("email_configs", &["smarthost"], &["smtp_smarthost"]),
    ("email_configs", &["from"], &["smtp_from"]),
    (
        "slack_configs",
        &["api_url", "api_url_file", "app_token", "app_token_file"],
        &["slack_api_url", "slack_api_url_file", "slack_app_token", "slack_app_token_file"],
    ),
    ("opsgenie_configs", &["api_key", "api_key_file"], &["opsgenie_api_key", "opsgenie_api_key_file"]),
    ("wechat_configs", &["api_secret", "api_secret_file"], &["wechat_api_secret", "wechat_api_secret_file"]),
    ("wechat_configs", &["corp_id"], &["wechat_api_corp_id"]),
    ("victorops_configs", &["api_key", "api_key_file"], &["victorops_api_key", "victorops_api_key_file"]),
    ("jira_configs", &["api_url"], &["jira_api_url"]),
    ("rocketchat_configs", &["token", "token_file"], &["rocketchat_token", "rocketchat_token_file"]),
    (
        "rocketchat_configs",
        &["token_id", "token_id_file"],
        &["rocketchat_token_id", "rocketchat_token_id_file"],
    ),
];

fn config<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>) {
    let global = fields.get("global").and_then(|entry| Fields::of(&entry.value)).map(|(global, _)| global);
    let receivers = receivers(walk, fields, global.as_ref());
    let times = time_names(walk, fields);
    match fields.get("route") {
        None => {
            let message = "`route` is missing in Alertmanager's configuration";
            walk.error_hint("missing-key", fields.span(), message, "add `route:` with a `receiver`");
        }
        Some(route) => routes::root(walk, &route.value, &receivers, &times),
    }
}

fn receivers<'a>(
    walk: &mut Walk<'a>,
    fields: &Fields<'a>,
    global: Option<&Fields<'a>>,
) -> HashSet<Cow<'a, str>> {
    let mut names = HashSet::new();
    for node in fields.get("receivers").map_or(&[] as &[_], |entry| entry.value.elements()) {
        let Some((receiver, _)) = Fields::of(node) else { continue };
        if let Some(entry) = receiver.filled("name")
            && let Some(name) = walk.word(&entry.value)
            && !names.insert(name.clone())
        {
            let message = format!("a receiver named `{name}` exists already");
            walk.error("duplicate-name", entry.value.span, message);
        }
        for integration in receiver.iter() {
            inherited(walk, integration, global);
        }
    }
    names
}

fn inherited<'a>(walk: &mut Walk<'a>, integration: &'a Entry, global: Option<&Fields<'a>>) {
    for (_, own, general) in INHERITED.iter().filter(|(name, ..)| *name == integration.key) {
        if general.iter().any(|name| global.is_some_and(|global| global.filled(name).is_some())) {
            continue;
        }
        for node in integration.value.elements() {
            let Some((fields, _)) = Fields::of(node) else { continue };
            if !own.iter().any(|name| fields.filled(name).is_some()) {
                let message = format!("`{}` is missing here, and `{}` in `global`", own[0], general[0]);
                walk.error("missing-key", fields.span(), message);
            }
        }
    }
}

fn time_names<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>) -> HashSet<Cow<'a, str>> {
    let mut names = HashSet::new();
    for list in ["mute_time_intervals", "time_intervals"] {
        for node in fields.get(list).map_or(&[] as &[_], |entry| entry.value.elements()) {
            let Some((interval, _)) = Fields::of(node) else { continue };
            let Some(entry) = interval.filled("name") else { continue };
            let Some(name) = walk.word(&entry.value) else { continue };
            if !names.insert(name.clone()) {
                let message = format!("a time interval named `{name}` exists already");
                walk.error("duplicate-name", entry.value.span, message);
            }
        }
    }
    names
}
