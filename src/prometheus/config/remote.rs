//! Remote write and remote read: where samples go and come from.

use std::borrow::Cow;
use std::collections::HashSet;

use super::fields::Fields;
use super::http::{CLIENT, client};
use super::relabel::RULES;
use super::shape::{Field, Kind, Section, duration, file, flag, int, one_of, secret, section, text, uint};
use super::urls;
use super::walk::Walk;
use crate::document::{Content, Node};

/// A place to write to.
pub(super) static WRITE: Section = Section {
    title: "a remote write",
    fields: &[
        section("azuread", &AZUREAD).since(2, 45),
        section("google_iam", &GOOGLE_IAM).since(2, 55),
        Field::new("headers", Kind::Map(&Kind::Text)),
        section("metadata_config", &METADATA),
        text("name"),
        one_of("protobuf_message", &["prometheus.WriteRequest", "io.prometheus.write.v2.Request"])
            .since(2, 54),
        section("queue_config", &QUEUE),
        duration("remote_timeout"),
        flag("round_robin_dns").since(3, 1),
        flag("send_exemplars"),
        flag("send_native_histograms"),
        section("sigv4", &SIGV4),
        Field::new("url", Kind::Judged(url)),
        Field::new("write_relabel_configs", RULES),
    ],
    shared: &[CLIENT],
    rule: Some(|walk, fields| {
        needs_url(walk, fields, "remote write");
        client(walk, fields);
        headers(walk, fields);
        one_way_to_sign(walk, fields);
    }),
};

/// A place to read from.
pub(super) static READ: Section = Section {
    title: "a remote read",
    fields: &[
        uint("chunked_read_limit").since(2, 54),
        flag("filter_external_labels"),
        Field::new("headers", Kind::Map(&Kind::Text)),
        text("name"),
        flag("read_recent"),
        duration("remote_timeout"),
        Field::new("required_matchers", Kind::Labels),
        Field::new("url", Kind::Judged(url)),
    ],
    shared: &[CLIENT],
    rule: Some(|walk, fields| {
        needs_url(walk, fields, "remote read");
        client(walk, fields);
        headers(walk, fields);
    }),
};

/// An empty address is taken by the server, and never works.
fn url<'a>(walk: &mut Walk<'a>, name: &str, node: &'a Node) {
    walk.value(name, &Kind::Url, node);
    let Some(text) = walk.word(node) else { return };
    if urls::parse(&text).is_ok()
        && let Err(wrong) = urls::http(&text)
        && node.content != Content::Null
    {
        let message = format!("`{name}`: {wrong}");
        walk.warn("wrong-form", node.span, message, "write it as `https://host/path`");
    }
}

fn needs_url<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>, what: &str) {
    if fields.get("url").is_none() {
        let span = fields.entry("url").map_or(fields.span(), |entry| entry.key_span);
        walk.error("missing-key", span, format!("`url` is missing in a {what}"));
    }
}

pub(super) static SIGV4: Section = Section {
    title: "`sigv4`",
    fields: &[
        text("access_key"),
        text("external_id").since(3, 8),
        text("profile"),
        text("region"),
        text("role_arn"),
        secret("secret_key"),
        flag("use_fips_sts_endpoint").since(2, 54),
    ],
    shared: &[],
    rule: Some(|walk, fields| {
        let both = [("access_key", "secret_key"), ("secret_key", "access_key")];
        for (one, other) in both {
            if let (Some(entry), None) = (fields.filled(one), fields.filled(other)) {
                let message = format!("`{one}` of `sigv4` needs `{other}`");
                walk.error("missing-key", entry.key_span, message);
            }
        }
    }),
};

static AZUREAD: Section = Section {
    title: "`azuread`",
    fields: &[
        one_of("cloud", &["AzurePublic", "AzureChina", "AzureGovernment"]),
        section("managed_identity", &MANAGED_IDENTITY),
        section("oauth", &AZURE_OAUTH).since(2, 48),
        text("scope").since(3, 9),
        section("sdk", &AZURE_SDK).since(2, 52),
        section("workload_identity", &WORKLOAD_IDENTITY).since(3, 7),
    ],
    shared: &[],
    rule: Some(|walk, fields| {
        let ways = ["managed_identity", "workload_identity", "oauth", "sdk"];
        let set: Vec<_> = ways.iter().filter_map(|name| fields.get(name)).collect();
        match set.as_slice() {
            [] => {
                let message =
                    "`azuread` needs one of `managed_identity`, `workload_identity`, `oauth` and `sdk`";
                walk.error("missing-key", fields.span(), message);
            }
            [first, second, ..] => {
                let message = format!("`{}` and `{}` can't be used together", first.key, second.key);
                walk.error("both-set", first.key_span.max(second.key_span), message);
            }
            [_] => {}
        }
    }),
};

static MANAGED_IDENTITY: Section =
    Section { title: "`managed_identity`", fields: &[text("client_id")], shared: &[], rule: None };

static AZURE_OAUTH: Section = Section {
    title: "`oauth` of `azuread`",
    fields: &[text("client_id").required(), secret("client_secret").required(), text("tenant_id").required()],
    shared: &[],
    rule: None,
};

static AZURE_SDK: Section =
    Section { title: "`sdk` of `azuread`", fields: &[text("tenant_id")], shared: &[], rule: None };

static WORKLOAD_IDENTITY: Section = Section {
    title: "`workload_identity`",
    fields: &[text("client_id").required(), text("tenant_id").required(), file("token_file_path")],
    shared: &[],
    rule: None,
};

static GOOGLE_IAM: Section =
    Section { title: "`google_iam`", fields: &[file("credentials_file")], shared: &[], rule: None };

static QUEUE: Section = Section {
    title: "`queue_config`",
    fields: &[
        duration("batch_send_deadline"),
        int("capacity"),
        duration("max_backoff"),
        int("max_samples_per_send"),
        int("max_shards"),
        duration("min_backoff"),
        int("min_shards"),
        flag("retry_on_http_429"),
        duration("sample_age_limit").since(2, 50),
    ],
    shared: &[],
    rule: Some(queue),
};

/// The server takes such queues; they send nothing, or in an order that nobody meant.
fn queue<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>) {
    let number = |name: &str| match fields.get(name).map(|entry| &entry.value.content) {
        Some(Content::Number(number)) => number.as_i64(),
        _ => None,
    };
    for name in ["capacity", "max_samples_per_send", "max_shards", "min_shards"] {
        if number(name).is_some_and(|number| number < 1)
            && let Some(entry) = fields.get(name)
        {
            let message = format!("`{name}` is less than 1");
            walk.warn("out-of-range", entry.value.span, message, "the queue can't send with it");
        }
    }
    let least = number("min_shards").unwrap_or(1);
    if number("max_shards").is_some_and(|most| most > 0 && most < least)
        && let Some(entry) = fields.get("max_shards")
    {
        let message = "`max_shards` is less than `min_shards`";
        walk.warn("out-of-range", entry.value.span, message, "raise it");
    }
}

static METADATA: Section = Section {
    title: "`metadata_config`",
    fields: &[int("max_samples_per_send"), flag("send"), duration("send_interval")],
    shared: &[],
    rule: None,
};

/// Says which headers the server sets itself.
pub(super) fn headers<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>) {
    const RESERVED: [&str; 16] = [
        "host",
        "content-encoding",
        "content-length",
        "content-type",
        "user-agent",
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "www-authenticate",
        "accept-encoding",
        "x-prometheus-remote-write-version",
        "x-prometheus-remote-read-version",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-content-sha256",
    ];
    let Some((headers, _)) = fields.get("headers").and_then(|entry| Fields::of(&entry.value)) else { return };
    for header in headers.iter() {
        if header.key.eq_ignore_ascii_case("authorization") {
            let message = "the header `Authorization` can't be set here";
            let hint = "use `basic_auth`, `authorization` or `oauth2`";
            walk.error_hint("reserved-header", header.key_span, message, hint);
        } else if RESERVED.iter().any(|reserved| header.key.eq_ignore_ascii_case(reserved)) {
            let message = format!("the header `{}` is set by the server itself", header.key);
            walk.error_hint("reserved-header", header.key_span, message, "remove it");
        }
    }
}

/// Requests are signed or authenticated in one way only.
pub(super) fn one_way_to_sign<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>) {
    let present = |name: &str| fields.get(name);
    for signed in ["sigv4", "azuread", "google_iam"].iter().filter_map(|name| present(name)) {
        for other in ["basic_auth", "authorization", "oauth2"].iter().filter_map(|name| present(name)) {
            let message = format!("`{}` and `{}` can't be used together", signed.key, other.key);
            walk.error_hint(
                "both-set",
                signed.key_span.max(other.key_span),
                message,
                "keep one way of authentication",
            );
        }
    }
    for (one, other) in [("sigv4", "azuread"), ("sigv4", "google_iam"), ("azuread", "google_iam")] {
        if let (Some(one), Some(other)) = (present(one), present(other)) {
            let message = format!("`{}` and `{}` can't be used together", one.key, other.key);
            walk.error("both-set", one.key_span.max(other.key_span), message);
        }
    }
}

/// Says which names stand twice. An entry without a name has one that the server makes.
pub(super) fn names<'a>(walk: &mut Walk<'a>, list: &str, entries: &'a [Node]) {
    let mut seen: HashSet<Cow<'a, str>> = HashSet::new();
    for entry in entries {
        let Some((fields, _)) = Fields::of(entry) else { continue };
        let Some(name) = fields.filled("name") else { continue };
        let Some(word) = walk.word(&name.value) else { continue };
        if !seen.insert(word.clone()) {
            let message = format!("`{list}` has an entry named `{word}` already");
            walk.error_hint("duplicate-name", name.value.span, message, "give it a name of its own");
        }
    }
}
