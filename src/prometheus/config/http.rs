//! How a server connects by HTTP: authentication, TLS, proxies. The same fields stand in scrape jobs, discoveries, remote write, and
//! Alertmanager's receivers. Both servers have them from one library, so a field of it came to each with the version that was built with it.

use super::fields::Fields;
use super::shape::{Field, Kind, Section, file, flag, one_of, secret, section, text, texts};
use super::walk::Walk;

const NEEDED: Kind = Kind::NeededFile;

/// The fields of an HTTP client.
pub(super) static CLIENT: &[Field] = &[
    section("authorization", &AUTHORIZATION),
    section("basic_auth", &BASIC_AUTH),
    secret("bearer_token"),
    Field::new("bearer_token_file", NEEDED),
    flag("enable_http2"),
    flag("follow_redirects"),
    Field::new("http_headers", Kind::Map(&Kind::Section(&HEADER))).since(2, 55),
    text("no_proxy").since(2, 43),
    section("oauth2", &OAUTH2),
    Field::new("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
    flag("proxy_from_environment").since(2, 43),
    Field::new("proxy_url", Kind::Url),
    section("tls_config", &TLS),
];

/// The same for Alertmanager's receivers, whose versions are others.
pub(super) static RECEIVER_CLIENT: Section =
    Section { title: "an HTTP client", fields: ALERTMANAGER_CLIENT, shared: &[], rule: Some(client) };

static ALERTMANAGER_CLIENT: &[Field] = &[
    section("authorization", &AUTHORIZATION),
    section("basic_auth", &BASIC_AUTH),
    secret("bearer_token"),
    Field::new("bearer_token_file", NEEDED),
    flag("enable_http2"),
    flag("follow_redirects"),
    Field::new("http_headers", Kind::Map(&Kind::Section(&HEADER))).since(0, 28),
    text("no_proxy").since(0, 26),
    section("oauth2", &OAUTH2),
    Field::new("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text))),
    flag("proxy_from_environment").since(0, 26),
    Field::new("proxy_url", Kind::Url),
    section("tls_config", &TLS),
];

static BASIC_AUTH: Section = Section {
    title: "`basic_auth`",
    fields: &[
        secret("password"),
        file("password_file"),
        secret("password_ref").since(3, 0).alertmanager(0, 28),
        text("username"),
        file("username_file").since(2, 48).alertmanager(0, 27),
        text("username_ref").since(3, 0).alertmanager(0, 28),
    ],
    shared: &[],
    rule: Some(|walk, fields| {
        one_of_two(walk, fields, "password", "password_file");
        one_of_two(walk, fields, "username", "username_file");
    }),
};

static AUTHORIZATION: Section = Section {
    title: "`authorization`",
    fields: &[
        secret("credentials"),
        Field::new("credentials_file", NEEDED),
        secret("credentials_ref").since(3, 0).alertmanager(0, 28),
        text("type"),
    ],
    shared: &[],
    rule: Some(|walk, fields| {
        one_of_two(walk, fields, "credentials", "credentials_file");
        if let Some(entry) = fields.get("type")
            && entry.value.text().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("basic"))
        {
            let message = "`type` of `authorization` can't be basic";
            walk.error_hint("unknown-word", entry.value.span, message, "write `basic_auth` with `username`");
        }
    }),
};

static OAUTH2: Section = Section {
    title: "`oauth2`",
    fields: &[
        text("audience").since(3, 8).alertmanager(0, 30),
        Field::new("claims", Kind::Map(&Kind::Any)).since(3, 8).alertmanager(0, 30),
        secret("client_certificate_key").since(3, 8).alertmanager(0, 30),
        file("client_certificate_key_file").since(3, 8).alertmanager(0, 30),
        text("client_certificate_key_id").since(3, 8).alertmanager(0, 30),
        secret("client_certificate_key_ref").since(3, 8).alertmanager(0, 30),
        text("client_id").required(),
        secret("client_secret"),
        file("client_secret_file"),
        secret("client_secret_ref").since(3, 0).alertmanager(0, 28),
        Field::new("endpoint_params", Kind::Map(&Kind::Text)),
        one_of("grant_type", &["", "client_credentials", JWT]).since(3, 8).alertmanager(0, 30),
        Field::new("http_headers", Kind::Map(&Kind::Section(&HEADER))).since(3, 5).alertmanager(0, 29),
        text("iss").since(3, 8).alertmanager(0, 30),
        text("no_proxy").since(2, 43).alertmanager(0, 26),
        Field::new("proxy_connect_header", Kind::Map(&Kind::List(&Kind::Text)))
            .since(2, 43)
            .alertmanager(0, 26),
        flag("proxy_from_environment").since(2, 43).alertmanager(0, 26),
        Field::new("proxy_url", Kind::Url),
        texts("scopes"),
        one_of("signature_algorithm", &["", "RS256", "RS384", "RS512"]).since(3, 8).alertmanager(0, 30),
        section("tls_config", &TLS),
        text("token_url").required(),
    ],
    shared: &[],
    rule: Some(oauth2),
};

const JWT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

fn oauth2<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>) {
    one_of_two(walk, fields, "client_secret", "client_secret_file");
    one_of_two(walk, fields, "client_certificate_key", "client_certificate_key_file");
    proxy(walk, fields);
    if fields.text("grant_type") == Some(JWT) {
        return;
    }
    let names = ["client_secret", "client_secret_file", "client_secret_ref"];
    if !names.iter().any(|name| fields.filled(name).is_some()) {
        let message = "`client_secret` or `client_secret_file` is missing in `oauth2`";
        walk.error("missing-key", fields.span(), message);
    }
}

const TLS_VERSIONS: &[&str] = &["TLS10", "TLS11", "TLS12", "TLS13"];

pub(super) static TLS: Section = Section {
    title: "`tls_config`",
    fields: &[
        text("ca").since(2, 48).alertmanager(0, 27),
        // without it the server makes no connection at all, and says so in its log only
        Field::new("ca_file", NEEDED),
        text("ca_ref").since(3, 0).alertmanager(0, 28),
        text("cert").since(2, 48).alertmanager(0, 27),
        Field::new("cert_file", NEEDED),
        text("cert_ref").since(3, 0).alertmanager(0, 28),
        flag("insecure_skip_verify"),
        secret("key").since(2, 48).alertmanager(0, 27),
        Field::new("key_file", NEEDED),
        secret("key_ref").since(3, 0).alertmanager(0, 28),
        one_of("max_version", TLS_VERSIONS),
        one_of("min_version", TLS_VERSIONS),
        text("server_name"),
    ],
    shared: &[],
    rule: Some(tls),
};

fn tls<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>) {
    for (name, file) in [("ca", "ca_file"), ("cert", "cert_file"), ("key", "key_file")] {
        one_of_two(walk, fields, name, file);
    }
    let has = |names: [&str; 3]| names.iter().find_map(|name| fields.filled(name));
    match (has(["cert", "cert_file", "cert_ref"]), has(["key", "key_file", "key_ref"])) {
        (Some(entry), None) => {
            walk.error("missing-key", entry.key_span, "a certificate needs its key: `key_file` is missing");
        }
        (None, Some(entry)) => {
            walk.error("missing-key", entry.key_span, "a key needs its certificate: `cert_file` is missing");
        }
        _ => {}
    }
}

static HEADER: Section = Section {
    title: "an HTTP header",
    fields: &[Field::new("files", Kind::List(&Kind::File)), texts("secrets"), texts("values")],
    shared: &[],
    rule: None,
};

/// What holds between the fields of an HTTP client.
pub(super) fn client<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>) {
    one_of_two(walk, fields, "bearer_token", "bearer_token_file");
    let bearer = fields.filled("bearer_token").or_else(|| fields.filled("bearer_token_file"));
    let ways = ["basic_auth", "authorization", "oauth2"].map(|name| fields.get(name));
    let mut set: Vec<_> = ways.into_iter().flatten().chain(bearer).collect();
    set.sort_by_key(|entry| entry.key_span.start);
    if let [first, second, ..] = set.as_slice() {
        let message = format!("`{}` and `{}` can't be used together", first.key, second.key);
        walk.error_hint("both-set", second.key_span, message, "keep one way of authentication");
    }
    proxy(walk, fields);
    if let Some(headers) = fields.get("http_headers")
        && let Some((headers, _)) = Fields::of(&headers.value)
    {
        for header in headers.iter().filter(|header| is_reserved_client_header(&header.key)) {
            let message = format!("the header `{}` is set by the server itself", header.key);
            walk.error_hint("reserved-header", header.key_span, message, "use the field that is made for it");
        }
    }
}

fn proxy<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>) {
    let from_environment =
        fields.get("proxy_from_environment").filter(|entry| is_true(entry.value.to_json()));
    let url = fields.filled("proxy_url");
    let no_proxy = fields.filled("no_proxy");
    match (from_environment, url, no_proxy) {
        (Some(entry), Some(other), _) | (Some(entry), None, Some(other)) => {
            let message = format!("`{}` can't be used with `proxy_from_environment`", other.key);
            walk.error("both-set", entry.key_span.max(other.key_span), message);
        }
        (None, None, Some(entry)) => {
            walk.error("missing-key", entry.key_span, "`no_proxy` needs a `proxy_url`");
        }
        (None, None, None) if fields.filled("proxy_connect_header").is_some() => {
            let span = fields.get("proxy_connect_header").map_or(fields.span(), |entry| entry.key_span);
            walk.error("missing-key", span, "`proxy_connect_header` needs a `proxy_url`");
        }
        _ => {}
    }
}

fn is_true(value: serde_json::Value) -> bool {
    match value {
        serde_json::Value::Bool(yes) => yes,
        serde_json::Value::String(word) => matches!(word.to_ascii_lowercase().as_str(), "y" | "yes" | "on"),
        _ => false,
    }
}

/// Headers that the common HTTP client does not let anybody set.
fn is_reserved_client_header(name: &str) -> bool {
    const RESERVED: [&str; 18] = [
        "authorization",
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
        "x-prometheus-scrape-timeout-seconds",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-content-sha256",
    ];
    RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved))
}

/// Says that two fields exclude each other, at the second of them.
pub(super) fn one_of_two<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>, one: &str, other: &str) {
    if let (Some(one), Some(other)) = (fields.filled(one), fields.filled(other)) {
        let message = format!("`{}` and `{}` can't both be set", one.key, other.key);
        walk.error_hint("both-set", one.key_span.max(other.key_span), message, "keep one of them");
    }
}
