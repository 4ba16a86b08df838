//! Certificates of simulated HTTPS devices: a small authority made at the start, for files that don't exist yet.
//!
//! Beside the file that the site trusts (`tls.ca`, say `ca.pem`) stand `ca.server.pem` and `ca.server.key`, which the devices
//! present. The authority's own key is thrown away once it has signed: nobody can sign anything else with it.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use crate::fsio::{self, FileError};
use crate::runtime::tls::{self, TlsError};

/// Why devices have no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The trusted file does not exist.
    #[error("{0}: the certificate authority that the site file names does not exist")]
    Missing(PathBuf),
    /// The trusted file exists, but what the devices present does not.
    #[error("{0}: the certificate that the simulated devices present is not there")]
    NoServer(PathBuf),
    /// A certificate can't be made.
    #[error("{path}: a certificate can't be made")]
    Make {
        /// The authority's file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rcgen::Error,
    },
    /// A file can't be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// What is there can't be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Returns the TLS settings of devices that are trusted through `ca`; makes the files when they are missing and `make` says so.
///
/// # Errors
/// When files are missing and may not be made, or can't be read, written or used.
pub(super) fn server_settings(
    ca: &Path,
    hosts: &BTreeSet<String>,
    make: bool,
) -> Result<Arc<rustls::ServerConfig>, CertificateError> {
    let (cert, key) = (ca.with_extension("server.pem"), ca.with_extension("server.key"));
    if is_missing(ca) {
        if !make {
            return Err(CertificateError::Missing(ca.to_owned()));
        }
        let made =
            make_all(hosts).map_err(|source| CertificateError::Make { path: ca.to_owned(), source })?;
        fsio::write_atomically(&key, made.key.as_bytes(), 0o600)?;
        fsio::write_atomically(&cert, made.cert.as_bytes(), 0o644)?;
        // last, so that an authority that is there always has its certificate beside it
        fsio::write_atomically(ca, made.ca.as_bytes(), 0o644)?;
    } else if is_missing(&cert) || is_missing(&key) {
        return Err(CertificateError::NoServer(cert));
    }
    Ok(tls::server_config(&cert, &key)?)
}

fn is_missing(path: &Path) -> bool {
    matches!(fsio::read_text(path), Err(error) if error.source.kind() == io::ErrorKind::NotFound)
}

struct Made {
    ca: String,
    cert: String,
    key: String,
}

fn make_all(hosts: &BTreeSet<String>) -> Result<Made, rcgen::Error> {
    let ca_key = KeyPair::generate()?;
    let mut ca = CertificateParams::new(Vec::new())?;
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    ca.distinguished_name.push(DnType::CommonName, "enmon simulated devices");
    let ca_cert = ca.self_signed(&ca_key)?;
    let key = KeyPair::generate()?;
    // brackets belong to the address, not to the name
    let mut names: BTreeSet<String> =
        hosts.iter().map(|host| host.trim_matches(['[', ']']).to_owned()).collect();
    names.extend(["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()]);
    let mut leaf = CertificateParams::new(names.into_iter().collect::<Vec<_>>())?;
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.distinguished_name.push(DnType::CommonName, "enmon simulated device");
    let cert = leaf.signed_by(&key, &Issuer::from_params(&ca, &ca_key))?;
    Ok(Made { ca: ca_cert.pem(), cert: cert.pem(), key: key.serialize_pem() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_made_only_when_told_to_and_kept_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let ca = folder.path().join("ca.pem");
        let hosts = BTreeSet::from(["esp-1.local".to_owned(), "[::1]".to_owned()]);
        assert!(matches!(server_settings(&ca, &hosts, false), Err(CertificateError::Missing(_))));
        assert!(is_missing(&ca), "nothing was written");
        server_settings(&ca, &hosts, true).unwrap();
        let first = fsio::read_text(&ca).unwrap();
        server_settings(&ca, &hosts, true).unwrap();
        server_settings(&ca, &hosts, false).unwrap();
        assert_eq!(fsio::read_text(&ca).unwrap(), first);
        fsio::read_secret(&folder.path().join("ca.server.key")).expect("the key is for its owner alone");
        std::fs::remove_file(folder.path().join("ca.server.key")).unwrap();
        assert!(matches!(server_settings(&ca, &hosts, true), Err(CertificateError::NoServer(_))));
    }
}
