//! Certificates of simulated devices over TLS: a small authority made at the start, for files that don't exist yet.
//!
//! Beside the file that the site trusts (`tls.ca`, say `ca.pem`) stand `ca.server.pem` and `ca.server.key`, which the devices
//! present, and `ca.client.pem` and `ca.client.key`, with which a Modbus client may say who it is; the same stand where the site names a
//! certificate and key (`tls.cert`, `tls.key`), and then whoever shows none is not let in. The authority's
//! own key is thrown away once it has signed: nobody can sign anything else with it.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use crate::fsio::{self, FileError};
use crate::runtime::tls::TlsError;

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

/// What devices present over TLS: certificate chain and private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    /// The chain's file.
    pub cert: PathBuf,
    /// The key's file.
    pub key: PathBuf,
}

/// Certificate chain and key of clients, as files.
pub(super) type ClientFiles = BTreeSet<(PathBuf, PathBuf)>;

/// Returns what devices present that are trusted through `ca`; makes the files when they are missing and `make` says so, and with them
/// those with which `clients` say who they are.
///
/// # Errors
/// When files are missing and may not be made, or can't be read or written.
pub(super) fn server_identity(
    ca: &Path,
    hosts: &BTreeSet<String>,
    clients: &ClientFiles,
    make: bool,
) -> Result<Identity, CertificateError> {
    let (cert, key) = (ca.with_extension("server.pem"), ca.with_extension("server.key"));
    if is_missing(ca) {
        if !make {
            return Err(CertificateError::Missing(ca.to_owned()));
        }
        let made =
            make_all(hosts).map_err(|source| CertificateError::Make { path: ca.to_owned(), source })?;
        let usual = (ca.with_extension("client.pem"), ca.with_extension("client.key"));
        let clients =
            clients.iter().chain([&usual]).filter(|(cert, key)| is_missing(cert) && is_missing(key));
        let clients = clients.map(|(cert, key)| (&made.client, cert, key));
        for (leaf, cert, key) in clients.chain([(&made.server, &cert, &key)]) {
            fsio::write_atomically(key, leaf.key.as_bytes(), 0o600)?;
            fsio::write_atomically(cert, leaf.cert.as_bytes(), 0o644)?;
        }
        // last, so that an authority that is there always has its certificate beside it
        fsio::write_atomically(ca, made.ca.as_bytes(), 0o644)?;
    } else if is_missing(&cert) || is_missing(&key) {
        return Err(CertificateError::NoServer(cert));
    }
    Ok(Identity { cert, key })
}

fn is_missing(path: &Path) -> bool {
    matches!(fsio::read_text(path), Err(error) if error.source.kind() == io::ErrorKind::NotFound)
}

struct Made {
    ca: String,
    server: Leaf,
    client: Leaf,
}

struct Leaf {
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
    // brackets belong to the address, not to the name
    let mut names: BTreeSet<String> =
        hosts.iter().map(|host| host.trim_matches(['[', ']']).to_owned()).collect();
    names.extend(["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()]);
    let issuer = Issuer::from_params(&ca, &ca_key);
    let leaf = |names: Vec<String>, usage, title: &str| {
        let key = KeyPair::generate()?;
        let mut leaf = CertificateParams::new(names)?;
        leaf.extended_key_usages = vec![usage];
        leaf.distinguished_name.push(DnType::CommonName, title);
        let cert = leaf.signed_by(&key, &issuer)?;
        Ok::<_, rcgen::Error>(Leaf { cert: cert.pem(), key: key.serialize_pem() })
    };
    let server = ExtendedKeyUsagePurpose::ServerAuth;
    let server = leaf(names.into_iter().collect(), server, "enmon simulated device")?;
    let client = leaf(Vec::new(), ExtendedKeyUsagePurpose::ClientAuth, "enmon client")?;
    Ok(Made { ca: ca_cert.pem(), server, client })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_made_only_when_told_to_and_kept_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let ca = folder.path().join("ca.pem");
        let hosts = BTreeSet::from(["esp-1.local".to_owned(), "[::1]".to_owned()]);
        assert!(matches!(
            server_identity(&ca, &hosts, &ClientFiles::new(), false),
            Err(CertificateError::Missing(_))
        ));
        assert!(is_missing(&ca), "nothing was written");
        server_identity(&ca, &hosts, &ClientFiles::new(), true).unwrap();
        let first = fsio::read_text(&ca).unwrap();
        server_identity(&ca, &hosts, &ClientFiles::new(), true).unwrap();
        server_identity(&ca, &hosts, &ClientFiles::new(), false).unwrap();
        assert_eq!(fsio::read_text(&ca).unwrap(), first);
        fsio::read_secret(&folder.path().join("ca.server.key")).expect("the key is for its owner alone");
        std::fs::remove_file(folder.path().join("ca.server.key")).unwrap();
        assert!(matches!(
            server_identity(&ca, &hosts, &ClientFiles::new(), true),
            Err(CertificateError::NoServer(_))
        ));
    }
}
