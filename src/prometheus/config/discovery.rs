//! How targets are discovered: files, DNS, HTTP, clusters and registries. Those of cloud providers are in `clouds`.

use super::MISSING_FILE;
use super::clouds;
use super::fields::Fields;
use super::http::{CLIENT, client, one_of_two};
use super::selectors;
use super::shape::{Field, Kind, Section, duration, file, flag, one_of, secret, section, text, texts, uint};
use super::targets;
use super::walk::Walk;
use crate::document::Content;

macro_rules! configs {
    ($name:literal, $section:expr) => {
        Field::new($name, Kind::List(&Kind::Section(&$section)))
    };
}

/// All of them, as fields of scrape jobs and of Alertmanagers.
pub(super) static DISCOVERIES: &[Field] = &[
    configs!("aws_sd_configs", clouds::AWS).since(3, 8),
    configs!("azure_sd_configs", clouds::AZURE),
    configs!("consul_sd_configs", CONSUL),
    configs!("digitalocean_sd_configs", clouds::DIGITALOCEAN),
    configs!("dns_sd_configs", DNS),
    configs!("docker_sd_configs", DOCKER),
    configs!("dockerswarm_sd_configs", DOCKERSWARM),
    configs!("ec2_sd_configs", clouds::EC2),
    configs!("eureka_sd_configs", EUREKA),
    configs!("file_sd_configs", FILE),
    configs!("gce_sd_configs", clouds::GCE),
    configs!("hetzner_sd_configs", clouds::HETZNER),
    configs!("http_sd_configs", HTTP),
    configs!("ionos_sd_configs", clouds::IONOS),
    configs!("kubernetes_sd_configs", KUBERNETES),
    configs!("kuma_sd_configs", KUMA),
    configs!("lightsail_sd_configs", clouds::LIGHTSAIL),
    configs!("linode_sd_configs", clouds::LINODE),
    configs!("marathon_sd_configs", MARATHON),
    configs!("nerve_sd_configs", NERVE),
    configs!("nomad_sd_configs", NOMAD),
    configs!("openstack_sd_configs", clouds::OPENSTACK),
    configs!("ovhcloud_sd_configs", clouds::OVHCLOUD),
    configs!("puppetdb_sd_configs", PUPPETDB),
    configs!("scaleway_sd_configs", clouds::SCALEWAY),
    configs!("serverset_sd_configs", SERVERSET),
    configs!("stackit_sd_configs", clouds::STACKIT).since(3, 5),
    configs!("static_configs", targets::GROUP),
    configs!("triton_sd_configs", clouds::TRITON),
    configs!("uyuni_sd_configs", UYUNI),
    configs!("vultr_sd_configs", clouds::VULTR),
];

static CONSUL: Section = Section {
    title: "a Consul discovery",
    fields: &[
        flag("allow_stale"),
        text("datacenter"),
        text("filter").since(3, 0),
        text("health_filter").since(3, 10),
        text("namespace"),
        Field::new("node_meta", Kind::Map(&Kind::Text)),
        text("partition"),
        secret("password"),
        text("path_prefix").since(2, 45),
        duration("refresh_interval"),
        text("scheme"),
        text("server"),
        texts("services"),
        text("tag_separator"),
        texts("tags"),
        secret("token"),
        text("username"),
    ],
    shared: &[CLIENT],
    rule: Some(|walk, fields| {
        client(walk, fields);
        if let Some(server) = fields.entry("server").filter(|_| fields.filled("server").is_none()) {
            walk.error("missing-key", server.key_span, "`server` of a Consul discovery is empty");
        }
        one_of_two(walk, fields, "token", "authorization");
        one_of_two(walk, fields, "token", "basic_auth");
        one_of_two(walk, fields, "token", "oauth2");
        one_of_two(walk, fields, "username", "basic_auth");
        one_of_two(walk, fields, "password", "basic_auth");
    }),
};

static DNS: Section = Section {
    title: "a DNS discovery",
    fields: &[texts("names").required(), uint("port"), duration("refresh_interval"), text("type")],
    shared: &[],
    rule: Some(|walk, fields| {
        let written = fields.get("type").and_then(|entry| walk.word(&entry.value));
        let kind = written.as_deref().unwrap_or("SRV").to_ascii_uppercase();
        let span = fields.get("type").map_or(fields.span(), |entry| entry.value.span);
        match kind.as_str() {
            "SRV" => {}
            "NS" if walk.server_is_before(2, 49) => {
                walk.error("unknown-word", span, "`type: NS` exists since Prometheus 2.49");
            }
            "A" | "AAAA" | "MX" | "NS" => {
                if fields.get("port").is_none() {
                    let message = format!("`port` is missing: records of type {kind} have none");
                    walk.error("missing-key", span, message);
                }
            }
            _ => {
                let message = format!("`{kind}` is no type of DNS record that can be used");
                walk.error_hint("unknown-word", span, message, "it is one of A, AAAA, MX, NS and SRV");
            }
        }
    }),
};

/// Filters of Docker: a name and its values.
static FILTER: Section =
    Section { title: "a filter", fields: &[text("name"), texts("values")], shared: &[], rule: None };

const FILTERS: Kind = Kind::List(&Kind::Section(&FILTER));

static DOCKER: Section = Section {
    title: "a Docker discovery",
    fields: &[
        Field::new("filters", FILTERS),
        Field::new("host", Kind::Url).required(),
        text("host_networking_host"),
        flag("match_first_network").since(2, 55),
        uint("port"),
        duration("refresh_interval"),
    ],
    shared: &[CLIENT],
    rule: Some(client),
};

static DOCKERSWARM: Section = Section {
    title: "a Docker Swarm discovery",
    fields: &[
        Field::new("filters", FILTERS),
        Field::new("host", Kind::Url).required(),
        uint("port"),
        duration("refresh_interval"),
        one_of("role", &["services", "tasks", "nodes"]).required(),
    ],
    shared: &[CLIENT],
    rule: Some(client),
};

static EUREKA: Section = Section {
    title: "a Eureka discovery",
    fields: &[duration("refresh_interval"), Field::new("server", Kind::HttpUrl).required()],
    shared: &[CLIENT],
    rule: Some(client),
};

static FILE: Section = Section {
    title: "a file discovery",
    fields: &[texts("files").required(), duration("refresh_interval")],
    shared: &[],
    rule: Some(files),
};

/// Names of files end in `.json`, `.yml` or `.yaml`; a star stands in the last part only.
fn files<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>) {
    let elements = fields.get("files").map_or(&[] as &[_], |entry| entry.value.elements());
    for element in elements {
        let Some(path) = walk.word(element) else { continue };
        if !is_targets_file(&path) {
            let message = format!("`{path}` can't be a file of targets");
            let hint = "it ends in .yml, .yaml or .json; `*` may stand in the name, not in a folder";
            walk.error_hint("wrong-form", element.span, message, hint);
        } else if !walk.surroundings.files.any_match(&path) {
            let message = format!("there is no file of targets `{path}`");
            walk.warn(MISSING_FILE, element.span, message, "the job has no targets until it is there");
        }
    }
}

fn is_targets_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem =
        [".json", ".yml", ".yaml", ".JSON", ".YML", ".YAML"].iter().find_map(|end| path.strip_suffix(end));
    let folder = &path[..path.len() - name.len()];
    stem.is_some_and(|stem| stem.matches('*').count() <= 1) && !folder.contains('*')
}

static HTTP: Section = Section {
    title: "an HTTP discovery",
    fields: &[duration("refresh_interval"), Field::new("url", Kind::HttpUrl).required()],
    shared: &[CLIENT],
    rule: Some(client),
};

static KUBERNETES: Section = Section {
    title: "a Kubernetes discovery",
    fields: &[
        Field::new("api_server", Kind::Url),
        section("attach_metadata", &ATTACH_METADATA),
        file("kubeconfig_file"),
        section("namespaces", &NAMESPACES),
        one_of("role", selectors::ROLES).required(),
        Field::new("selectors", Kind::List(&Kind::Section(&SELECTOR))),
    ],
    shared: &[CLIENT],
    rule: Some(kubernetes),
};

static ATTACH_METADATA: Section = Section {
    title: "`attach_metadata`",
    fields: &[flag("namespace").since(3, 6), flag("node")],
    shared: &[],
    rule: None,
};

static NAMESPACES: Section = Section {
    title: "`namespaces`",
    fields: &[texts("names"), flag("own_namespace")],
    shared: &[],
    rule: None,
};

static SELECTOR: Section = Section {
    title: "a selector",
    fields: &[text("field"), text("label"), one_of("role", selectors::ROLES).required()],
    shared: &[],
    rule: None,
};

fn kubernetes<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>) {
    client(walk, fields);
    let kubeconfig = fields.filled("kubeconfig_file");
    let api_server = fields.filled("api_server");
    one_of_two(walk, fields, "kubeconfig_file", "api_server");
    let http = fields.iter().find(|entry| {
        let is_http = CLIENT.iter().any(|field| field.name == entry.key);
        let is_usual = matches!(entry.key.as_str(), "follow_redirects" | "enable_http2")
            && matches!(entry.value.content, Content::Bool(true));
        is_http && !is_usual && entry.value.content != Content::Null
    });
    match (http, kubeconfig, api_server) {
        (Some(http), Some(_), _) => {
            let message = format!("`{}` can't be used with `kubeconfig_file`", http.key);
            walk.error("both-set", http.key_span, message);
        }
        (Some(http), None, None) => {
            let message = format!("`{}` needs `api_server`", http.key);
            walk.error_hint("missing-key", http.key_span, message, "inside of a cluster neither is needed");
        }
        _ => {}
    }
    let namespaces = fields.get("namespaces").and_then(|entry| Fields::of(&entry.value));
    let own = namespaces.as_ref().and_then(|(fields, _)| fields.get("own_namespace"));
    if let Some(own) = own.filter(|own| own.value.content == Content::Bool(true))
        && (api_server.is_some() || kubeconfig.is_some())
    {
        let message =
            "`own_namespace` works inside of a cluster only, without `api_server` and `kubeconfig_file`";
        walk.error("both-set", own.key_span, message);
    }
    selectors::check(walk, fields);
}

static KUMA: Section = Section {
    title: "a Kuma discovery",
    fields: &[
        text("client_id").since(2, 50),
        duration("fetch_timeout"),
        duration("refresh_interval"),
        Field::new("server", Kind::HttpUrl).required(),
    ],
    shared: &[CLIENT],
    rule: Some(client),
};

static MARATHON: Section = Section {
    title: "a Marathon discovery",
    fields: &[
        secret("auth_token"),
        file("auth_token_file"),
        duration("refresh_interval"),
        texts("servers").required(),
    ],
    shared: &[CLIENT],
    rule: Some(|walk, fields| {
        client(walk, fields);
        one_of_two(walk, fields, "auth_token", "auth_token_file");
        for token in ["auth_token", "auth_token_file"] {
            for other in ["basic_auth", "bearer_token", "bearer_token_file", "authorization"] {
                one_of_two(walk, fields, token, other);
            }
        }
    }),
};

static NERVE: Section = Section {
    title: "a Nerve discovery",
    fields: &[texts("paths").required(), texts("servers").required(), duration("timeout")],
    shared: &[],
    rule: Some(zookeeper_paths),
};

static SERVERSET: Section = Section {
    title: "a Serverset discovery",
    fields: &[texts("paths").required(), texts("servers").required(), duration("timeout")],
    shared: &[],
    rule: Some(zookeeper_paths),
};

fn zookeeper_paths<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>) {
    let elements = fields.get("paths").map_or(&[] as &[_], |entry| entry.value.elements());
    for element in elements {
        let Some(path) = walk.word(element).filter(|path| !path.starts_with('/')) else { continue };
        let message = format!("the path `{path}` must begin with `/`");
        walk.error("wrong-form", element.span, message);
    }
}

static NOMAD: Section = Section {
    title: "a Nomad discovery",
    fields: &[
        flag("allow_stale"),
        text("namespace"),
        duration("refresh_interval"),
        text("region"),
        text("server"),
        text("tag_separator"),
    ],
    shared: &[CLIENT],
    rule: Some(|walk, fields| {
        client(walk, fields);
        if let Some(server) = fields.entry("server").filter(|_| fields.filled("server").is_none()) {
            walk.error("missing-key", server.key_span, "`server` of a Nomad discovery is empty");
        }
    }),
};

static PUPPETDB: Section = Section {
    title: "a PuppetDB discovery",
    fields: &[
        flag("include_parameters"),
        uint("port"),
        text("query").required(),
        duration("refresh_interval"),
        Field::new("url", Kind::HttpUrl).required(),
    ],
    shared: &[CLIENT],
    rule: Some(client),
};

static UYUNI: Section = Section {
    title: "a Uyuni discovery",
    fields: &[
        text("entitlement"),
        secret("password").required(),
        duration("refresh_interval"),
        text("separator"),
        Field::new("server", Kind::Url).required(),
        text("username").required(),
    ],
    shared: &[CLIENT],
    rule: Some(client),
};
