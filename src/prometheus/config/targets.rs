//! Groups of targets: in `static_configs`, and in the files of `file_sd_configs`.

use super::fields::{Fields, heading, is_empty};
use super::shape::{Field, Kind, Section, texts};
use super::walk::Walk;
use crate::document::{Content, Node, Severity};

/// A group of targets with their labels.
pub(super) static GROUP: Section = Section {
    title: "a group of targets",
    fields: &[Field::new("labels", Kind::Labels), texts("targets")],
    shared: &[],
    rule: Some(group),
};

/// What a file of targets holds.
pub(super) static FILE: Kind = Kind::List(&Kind::Section(&FILE_GROUP));

static FILE_GROUP: Section = Section {
    title: "a group of targets",
    fields: &[Field::new("labels", Kind::Labels), texts("targets")],
    shared: &[],
    rule: Some(|walk, fields| {
        group(walk, fields);
        // a job with relabelling may take them: whether it has any is not known here
        check_targets(walk, fields.node, Severity::Warning);
    }),
};

fn group<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>) {
    let Some(targets) = fields.get("targets") else {
        let message = "a group without `targets` does nothing";
        return walk.warn("no-targets", fields.span(), message, "add `targets: [host:port]`");
    };
    for target in targets.value.elements().iter().filter(|target| is_empty(target)) {
        walk.error("wrong-target", heading(target), "a target is empty");
    }
}

/// Checks that the targets of a group are a host with a port, and no addresses of the web.
pub(super) fn check_targets<'a>(walk: &mut Walk<'a>, group: &'a Node, severity: Severity) {
    let Some((fields, _)) = Fields::of(group) else { return };
    let Some(targets) = fields.get("targets") else { return };
    for target in targets.value.elements() {
        let Content::Text(address) = &target.content else { continue };
        if let Some((scheme, rest)) = address.split_once("://") {
            let host = rest.split('/').next().unwrap_or(rest);
            let message = format!("the target `{address}` is a URL");
            let hint = format!("write `{host}`, and set `scheme: {scheme}` and `metrics_path` in the job");
            walk.tell(severity, "wrong-target", target.span, message, hint);
        } else if let Some((host, _)) = address.split_once('/') {
            let message = format!("the target `{address}` has a path");
            let hint = format!("write `{host}`, and set `metrics_path` in the job");
            walk.tell(severity, "wrong-target", target.span, message, hint);
        } else if address.contains(char::is_whitespace) {
            let message = format!("the target `{address}` has a space in it");
            walk.warn("wrong-target", target.span, message, "write one `host:port` for each element");
        }
    }
}
