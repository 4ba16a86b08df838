//! How targets are discovered at cloud providers.

use super::fields::Fields;
use super::http::{CLIENT, TLS, client, one_of_two};
use super::shape::{Field, Kind, Section, duration, file, flag, one_of, secret, section, text, texts, uint};
use super::walk::Walk;

static FILTER: Section = Section {
    title: "a filter",
    fields: &[text("name"), texts("values").required()],
    shared: &[],
    rule: None,
};

pub(super) static AWS: Section = Section {
    title: "an AWS discovery",
    fields: &[
        text("access_key"),
        texts("clusters"),
        text("endpoint"),
        text("external_id"),
        Field::new("filters", Kind::List(&Kind::Section(&FILTER))),
        uint("port"),
        text("profile"),
        duration("refresh_interval"),
        text("region"),
        uint("request_concurrency"),
        one_of("role", &["ec2", "ecs", "elasticache", "lightsail", "msk", "rds"]).required(),
        text("role_arn"),
        secret("secret_key"),
    ],
    shared: &[CLIENT],
    rule: Some(client),
};

pub(super) static EC2: Section = Section {
    title: "an EC2 discovery",
    fields: &[
        text("access_key"),
        text("endpoint"),
        text("external_id").since(3, 8),
        Field::new("filters", Kind::List(&Kind::Section(&FILTER))),
        uint("port"),
        text("profile"),
        duration("refresh_interval"),
        text("region"),
        text("role_arn"),
        secret("secret_key"),
    ],
    shared: &[CLIENT],
    rule: Some(client),
};

pub(super) static LIGHTSAIL: Section = Section {
    title: "a Lightsail discovery",
    fields: &[
        text("access_key"),
        text("endpoint"),
        text("external_id").since(3, 8),
        uint("port"),
        text("profile"),
        duration("refresh_interval"),
        text("region"),
        text("role_arn"),
        secret("secret_key"),
    ],
    shared: &[CLIENT],
    rule: Some(client),
};

pub(super) static AZURE: Section = Section {
    title: "an Azure discovery",
    fields: &[
        one_of("authentication_method", &["OAuth", "ManagedIdentity", "SDK", "WorkloadIdentity"]),
        text("client_id"),
        secret("client_secret"),
        text("environment"),
        uint("port"),
        duration("refresh_interval"),
        text("resource_group"),
        text("subscription_id").required(),
        text("tenant_id"),
    ],
    shared: &[CLIENT],
    rule: Some(azure),
};

fn azure<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>) {
    client(walk, fields);
    let method = fields.text("authentication_method").unwrap_or("OAuth");
    if method == "SDK" && walk.server_is_before(2, 52) {
        let span = fields.get("authentication_method").map_or(fields.span(), |entry| entry.value.span);
        walk.error("unknown-word", span, "`SDK` exists since Prometheus 2.52");
    }
    if method != "OAuth" {
        return;
    }
    for name in ["tenant_id", "client_id", "client_secret"] {
        if fields.filled(name).is_none() {
            let message = format!("`{name}` is missing in an Azure discovery with OAuth");
            walk.error("missing-key", fields.span(), message);
        }
    }
}

pub(super) static DIGITALOCEAN: Section = Section {
    title: "a DigitalOcean discovery",
    fields: &[uint("port"), duration("refresh_interval")],
    shared: &[CLIENT],
    rule: Some(client),
};

pub(super) static GCE: Section = Section {
    title: "a GCE discovery",
    fields: &[
        text("filter"),
        uint("port"),
        text("project").required(),
        duration("refresh_interval"),
        text("tag_separator"),
        text("zone").required(),
    ],
    shared: &[],
    rule: None,
};

pub(super) static HETZNER: Section = Section {
    title: "a Hetzner discovery",
    fields: &[
        text("label_selector").since(3, 5),
        uint("port"),
        duration("refresh_interval"),
        one_of("role", &["hcloud", "robot"]).required(),
    ],
    shared: &[CLIENT],
    rule: Some(client),
};

pub(super) static IONOS: Section = Section {
    title: "an IONOS discovery",
    fields: &[text("datacenter_id").required(), uint("port"), duration("refresh_interval")],
    shared: &[CLIENT],
    rule: Some(client),
};

pub(super) static LINODE: Section = Section {
    title: "a Linode discovery",
    fields: &[uint("port"), duration("refresh_interval"), text("region").since(2, 50), text("tag_separator")],
    shared: &[CLIENT],
    rule: Some(client),
};

pub(super) static OPENSTACK: Section = Section {
    title: "an OpenStack discovery",
    fields: &[
        flag("all_tenants"),
        text("application_credential_id"),
        text("application_credential_name"),
        secret("application_credential_secret"),
        one_of("availability", &["public", "admin", "internal"]),
        text("domain_id"),
        text("domain_name"),
        text("identity_endpoint"),
        secret("password"),
        uint("port"),
        text("project_id"),
        text("project_name"),
        duration("refresh_interval"),
        text("region").required(),
        one_of("role", &["hypervisor", "instance", "loadbalancer"]).required(),
        section("tls_config", &TLS),
        text("userid"),
        text("username"),
    ],
    shared: &[],
    rule: Some(|walk, fields| {
        if let Some(role) = fields.get("role").filter(|role| role.value.text() == Some("loadbalancer"))
            && walk.server_is_before(3, 2)
        {
            let message = "the role `loadbalancer` exists since Prometheus 3.2";
            walk.error("unknown-word", role.value.span, message);
        }
    }),
};

pub(super) static OVHCLOUD: Section = Section {
    title: "an OVHcloud discovery",
    fields: &[
        text("application_key").required(),
        secret("application_secret").required(),
        secret("consumer_key").required(),
        text("endpoint"),
        duration("refresh_interval"),
        one_of("service", &["dedicated_server", "vps"]).required(),
    ],
    shared: &[],
    rule: None,
};

pub(super) static SCALEWAY: Section = Section {
    title: "a Scaleway discovery",
    fields: &[
        text("access_key").required(),
        text("api_url"),
        text("name_filter"),
        uint("port"),
        text("project_id").required(),
        duration("refresh_interval"),
        one_of("role", &["baremetal", "instance"]).required(),
        secret("secret_key"),
        file("secret_key_file"),
        texts("tags_filter"),
        text("zone"),
    ],
    shared: &[CLIENT],
    rule: Some(|walk, fields| {
        client(walk, fields);
        one_of_two(walk, fields, "secret_key", "secret_key_file");
        if fields.filled("secret_key").or_else(|| fields.filled("secret_key_file")).is_none() {
            let message = "`secret_key` or `secret_key_file` is missing in a Scaleway discovery";
            walk.error("missing-key", fields.span(), message);
        }
    }),
};

pub(super) static STACKIT: Section = Section {
    title: "a STACKIT discovery",
    fields: &[
        file("credentials_file_path"),
        Field::new("endpoint", Kind::Url),
        uint("port"),
        secret("private_key"),
        file("private_key_path"),
        text("project"),
        duration("refresh_interval"),
        text("region"),
        secret("service_account_key"),
        file("service_account_key_path"),
    ],
    shared: &[CLIENT],
    rule: Some(client),
};

pub(super) static TRITON: Section = Section {
    title: "a Triton discovery",
    fields: &[
        text("account").required(),
        text("dns_suffix").required(),
        text("endpoint").required(),
        texts("groups"),
        uint("port"),
        duration("refresh_interval"),
        one_of("role", &["container", "cn"]),
        section("tls_config", &TLS),
        uint("version"),
    ],
    shared: &[],
    rule: None,
};

pub(super) static VULTR: Section = Section {
    title: "a Vultr discovery",
    fields: &[uint("port"), duration("refresh_interval")],
    shared: &[CLIENT],
    rule: Some(client),
};
