//! Files that a site file names: certificates, keys and tokens of its devices. Says which of them can't be read.

use std::collections::HashSet;
use std::io;
use std::path::Path;

use crate::control::{DeviceRef, devices, link};
use crate::document::{Finding, Severity, Source, Step};
use crate::fsio;
use crate::site::Site;

/// Looks for the files of all devices, whose paths are relative to `base`. A missing one is a warning, since it may come yet: a
/// simulator makes what its devices need. A file that several devices name is reported once.
pub(super) fn missing_files(site: &Site, source: &Source, base: &Path) -> Vec<Finding> {
    let mut seen: HashSet<&Path> = HashSet::new();
    let mut findings = Vec::new();
    for device in devices(site) {
        let link = link(site, device);
        let (list, index) = place(device);
        let (cert, key) = link.identity.as_ref().map(|(cert, key)| (cert, key)).unzip();
        let files: [(&[&str], _); 4] = [
            (&["tls", "ca"], link.ca.as_ref()),
            (&["tls", "cert"], cert),
            (&["tls", "key"], key),
            (&["tokenFile"], link.token_file.as_ref()),
        ];
        for (keys, path) in files.iter().filter_map(|(keys, path)| Some((keys, (*path)?))) {
            if !seen.insert(path) {
                continue;
            }
            let Some(why) = unreadable(path) else { continue };
            let mut at = vec![Step::Key(list), Step::At(index)];
            at.extend(keys.iter().copied().map(Step::Key));
            let shown = path.strip_prefix(base).unwrap_or(path).display();
            let message = format!("`{shown}` can't be read: {why}");
            findings.push(source.finding(Severity::Warning, "missing-file", source.span(&at), message, None));
        }
    }
    findings
}

fn unreadable(path: &Path) -> Option<String> {
    let error = fsio::read_text(path).err()?;
    Some(if error.source.kind() == io::ErrorKind::NotFound {
        "there is no such file".to_owned()
    } else {
        error.source.to_string()
    })
}

fn place(device: DeviceRef) -> (&'static str, usize) {
    match device {
        DeviceRef::Meter(index) => ("meters", index),
        DeviceRef::Charger(index) => ("chargers", index),
        DeviceRef::Breaker(index) => ("breakers", index),
        DeviceRef::Cabinet(index) => ("cabinets", index),
        DeviceRef::Solar(index) => ("solar", index),
        DeviceRef::Endpoint(index) => ("endpoints", index),
    }
}
