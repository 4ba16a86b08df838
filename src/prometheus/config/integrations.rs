//! Alertmanager's receivers: the fields of each integration, and what each needs. Chats are in `chats`.
//!
//! What may stand in the global section instead is left to `alertmanager`.

use std::collections::HashSet;

use super::chats;
use super::fields::Fields;
use super::http::{RECEIVER_CLIENT, TLS, one_of_two};
use super::remote::SIGV4;
use super::shape::{Field, Kind, Section, duration, file, flag, int, secret, section, text, texts};
use super::walk::Walk;

macro_rules! configs {
    ($name:literal, $section:expr) => {
        Field::new($name, Kind::List(&Kind::Section(&$section)))
    };
}

/// A receiver.
pub(super) static RECEIVER: Section = Section {
    title: "a receiver",
    fields: &[
        configs!("discord_configs", chats::DISCORD),
        configs!("email_configs", EMAIL),
        configs!("incidentio_configs", INCIDENTIO).since(0, 29),
        configs!("jira_configs", JIRA).since(0, 28),
        Field::new("mattermost_configs", Kind::List(&Kind::Any)).since(0, 30),
        configs!("msteams_configs", chats::MSTEAMS).since(0, 26),
        configs!("msteamsv2_configs", chats::MSTEAMS_V2).since(0, 28),
        text("name").required(),
        configs!("opsgenie_configs", OPSGENIE),
        configs!("pagerduty_configs", PAGERDUTY),
        configs!("pushover_configs", PUSHOVER),
        configs!("rocketchat_configs", chats::ROCKETCHAT).since(0, 28),
        configs!("slack_configs", chats::SLACK),
        configs!("sns_configs", SNS),
        configs!("telegram_configs", chats::TELEGRAM),
        configs!("victorops_configs", VICTOROPS),
        configs!("webex_configs", chats::WEBEX),
        configs!("webhook_configs", WEBHOOK),
        configs!("wechat_configs", chats::WECHAT),
    ],
    shared: &[],
    rule: None,
};

/// What all integrations have.
pub(super) static COMMON: &[Field] = &[section("http_config", &RECEIVER_CLIENT), flag("send_resolved")];
static RESOLVED: &[Field] = &[flag("send_resolved")];
pub(super) const WEB: Kind = Kind::HttpUrl;
const TEXT_MAP: Kind = Kind::Map(&Kind::Text);

/// Says that one of several fields must be there, and that not two of them may be.
pub(super) fn needs_one<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>, names: &[&str], what: &str) {
    if !names.iter().any(|name| fields.filled(name).is_some()) {
        let message = format!("`{}` is missing in {what}", names.join("` or `"));
        walk.error("missing-key", fields.span(), message);
    }
    if let [one, other] = names {
        one_of_two(walk, fields, one, other);
    }
}

static EMAIL: Section = Section {
    title: "an e-mail receiver",
    fields: &[
        text("auth_identity"),
        secret("auth_password"),
        file("auth_password_file"),
        secret("auth_secret"),
        file("auth_secret_file").since(0, 29),
        text("auth_username"),
        text("from"),
        Field::new("headers", TEXT_MAP),
        text("hello"),
        text("html"),
        flag("require_tls"),
        Field::new("smarthost", Kind::HostPort),
        text("text"),
        section("tls_config", &TLS),
        text("to").required(),
    ],
    shared: &[RESOLVED],
    rule: Some(|walk, fields| {
        one_of_two(walk, fields, "auth_password", "auth_password_file");
        let mut seen = HashSet::new();
        let Some((headers, _)) = fields.get("headers").and_then(|entry| Fields::of(&entry.value)) else {
            return;
        };
        for header in headers.iter() {
            if !seen.insert(header.key.to_ascii_lowercase()) {
                let message = format!("the header `{}` stands here twice; case does not count", header.key);
                walk.error("duplicate-name", header.key_span, message);
            }
        }
    }),
};

static INCIDENTIO: Section = Section {
    title: "an incident.io receiver",
    fields: &[
        secret("alert_source_token"),
        file("alert_source_token_file"),
        int("max_alerts"),
        duration("timeout"),
        Field::new("url", WEB),
        file("url_file"),
    ],
    shared: &[COMMON],
    rule: Some(|walk, fields| needs_one(walk, fields, &["url", "url_file"], "an incident.io receiver")),
};

static JIRA: Section = Section {
    title: "a Jira receiver",
    fields: &[
        Field::new("api_type", Kind::Text).since(0, 29),
        Field::new("api_url", WEB),
        Field::new("description", Kind::Any),
        Field::new("fields", Kind::Map(&Kind::Any)),
        text("issue_type").required(),
        texts("labels"),
        text("priority"),
        text("project").required(),
        duration("reopen_duration"),
        text("reopen_transition"),
        text("resolve_transition"),
        Field::new("summary", Kind::Any),
        text("wont_fix_resolution"),
    ],
    shared: &[COMMON],
    rule: None,
};

static OPSGENIE: Section = Section {
    title: "an OpsGenie receiver",
    fields: &[
        text("actions"),
        secret("api_key"),
        file("api_key_file"),
        Field::new("api_url", WEB),
        text("description"),
        Field::new("details", TEXT_MAP),
        text("entity"),
        text("message"),
        text("note"),
        text("priority"),
        Field::new("responders", Kind::List(&Kind::Section(&RESPONDER))),
        text("source"),
        text("tags"),
        flag("update_alerts"),
    ],
    shared: &[COMMON],
    rule: Some(|walk, fields| one_of_two(walk, fields, "api_key", "api_key_file")),
};

static RESPONDER: Section = Section {
    title: "a responder",
    fields: &[text("id"), text("name"), text("type").required(), text("username")],
    shared: &[],
    rule: Some(|walk, fields| {
        needs_one(walk, fields, &["id", "name", "username"], "a responder");
        const KINDS: [&str; 5] = ["team", "teams", "user", "escalation", "schedule"];
        let kind = fields.get("type").and_then(|entry| walk.word(&entry.value));
        let Some(kind) = kind.filter(|kind| !kind.contains("{{") && !kind.is_empty()) else { return };
        if !KINDS.contains(&&*kind.to_ascii_lowercase()) {
            let span = fields.get("type").map_or(fields.span(), |entry| entry.value.span);
            let message = format!("`{kind}` is no kind of responder");
            let hint = "it is one of team, teams, user, escalation and schedule";
            walk.error_hint("unknown-word", span, message, hint);
        }
    }),
};

static PAGERDUTY: Section = Section {
    title: "a PagerDuty receiver",
    fields: &[
        text("class"),
        text("client"),
        text("client_url"),
        text("component"),
        text("description"),
        Field::new("details", Kind::Map(&Kind::Any)),
        text("group"),
        Field::new("images", Kind::List(&Kind::Section(&IMAGE))),
        Field::new("links", Kind::List(&Kind::Section(&LINK))),
        secret("routing_key"),
        file("routing_key_file"),
        secret("service_key"),
        file("service_key_file"),
        text("severity"),
        text("source"),
        duration("timeout").since(0, 30),
        Field::new("url", WEB),
    ],
    shared: &[COMMON],
    rule: Some(|walk, fields| {
        let names = ["routing_key", "routing_key_file", "service_key", "service_key_file"];
        needs_one(walk, fields, &names, "a PagerDuty receiver");
        one_of_two(walk, fields, "routing_key", "routing_key_file");
        one_of_two(walk, fields, "service_key", "service_key_file");
    }),
};

static IMAGE: Section =
    Section { title: "an image", fields: &[text("alt"), text("href"), text("src")], shared: &[], rule: None };

static LINK: Section =
    Section { title: "a link", fields: &[text("href"), text("text")], shared: &[], rule: None };

const GO_DURATION: Kind = Kind::GoDuration;

static PUSHOVER: Section = Section {
    title: "a Pushover receiver",
    fields: &[
        text("device").since(0, 26),
        Field::new("expire", GO_DURATION),
        flag("html"),
        text("message"),
        flag("monospace").since(0, 29),
        text("priority"),
        Field::new("retry", GO_DURATION),
        text("sound"),
        text("title"),
        secret("token"),
        file("token_file").since(0, 26),
        Field::new("ttl", GO_DURATION).since(0, 27),
        text("url"),
        text("url_title"),
        secret("user_key"),
        file("user_key_file").since(0, 26),
    ],
    shared: &[COMMON],
    rule: Some(|walk, fields| {
        needs_one(walk, fields, &["user_key", "user_key_file"], "a Pushover receiver");
        needs_one(walk, fields, &["token", "token_file"], "a Pushover receiver");
    }),
};

static SNS: Section = Section {
    title: "an SNS receiver",
    fields: &[
        text("api_url"),
        Field::new("attributes", TEXT_MAP),
        text("message"),
        text("phone_number"),
        section("sigv4", &SIGV4),
        text("subject"),
        text("target_arn"),
        text("topic_arn"),
    ],
    shared: &[COMMON],
    rule: Some(|walk, fields| {
        let names = ["topic_arn", "phone_number", "target_arn"];
        needs_one(walk, fields, &names, "an SNS receiver");
        let set: Vec<_> = names.iter().filter_map(|name| fields.filled(name)).collect();
        if let [first, second, ..] = set.as_slice() {
            let message = format!("`{}` and `{}` can't both be set", first.key, second.key);
            walk.error("both-set", first.key_span.max(second.key_span), message);
        }
    }),
};

static VICTOROPS: Section = Section {
    title: "a VictorOps receiver",
    fields: &[
        secret("api_key"),
        file("api_key_file"),
        Field::new("api_url", WEB),
        Field::new("custom_fields", TEXT_MAP),
        text("entity_display_name"),
        text("message_type"),
        text("monitoring_tool"),
        text("routing_key").required(),
        text("state_message"),
    ],
    shared: &[COMMON],
    rule: Some(|walk, fields| {
        one_of_two(walk, fields, "api_key", "api_key_file");
        const OWN: [&str; 7] = [
            "routing_key",
            "message_type",
            "state_message",
            "entity_display_name",
            "monitoring_tool",
            "entity_id",
            "entity_state",
        ];
        let custom = fields.get("custom_fields").and_then(|entry| Fields::of(&entry.value));
        for entry in custom.iter().flat_map(|(custom, _)| custom.iter()) {
            if OWN.contains(&entry.key.as_str()) {
                let message = format!("`{}` is a field of its own and can't be a custom one", entry.key);
                walk.error("not-needed", entry.key_span, message);
            }
        }
    }),
};

static WEBHOOK: Section = Section {
    title: "a webhook",
    fields: &[
        int("max_alerts"),
        Field::new("payload", Kind::Any).since(0, 31),
        duration("timeout").since(0, 28),
        Field::new("url", WEB),
        file("url_file").since(0, 26),
    ],
    shared: &[COMMON],
    rule: Some(|walk, fields| needs_one(walk, fields, &["url", "url_file"], "a webhook")),
};
