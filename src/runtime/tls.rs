//! TLS for everything that listens or connects: rustls with the ring provider, certificates and keys from PEM texts.
//!
//! Decides which protocol versions, provider and trust are used, so that there is one answer in the whole program. It leaves the
//! sockets to [`super::serve_router`] and to the clients.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, ServerConfig, SignatureScheme};

use crate::fsio::{self, FileError};

/// Why TLS can't be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A text has no certificate, or one that is broken.
    #[error("{origin}: no PEM certificate in it can be read")]
    Certificate {
        /// The file, or where else the text comes from.
        origin: String,
        /// Why.
        #[source]
        source: pem::Error,
    },
    /// A text has no private key, or one that is broken. Nothing of the text is quoted.
    #[error("{origin}: {reason}")]
    Key {
        /// The file, or where else the text comes from.
        origin: String,
        /// Why.
        reason: &'static str,
    },
    /// Certificate and key don't fit each other, or rustls can't use them.
    #[error("{origin}: the certificate and its key can't be used")]
    Unusable {
        /// The files, or where else the texts come from.
        origin: String,
        /// Why.
        #[source]
        source: rustls::Error,
    },
    /// What is to be trusted can't be.
    #[error("{origin}: the certificate can't be trusted")]
    Trust {
        /// The file, or where else the text comes from.
        origin: String,
        /// Why.
        #[source]
        source: VerifierBuilderError,
    },
}

fn provider() -> Arc<CryptoProvider> {
    install_provider();
    CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(ring::default_provider()))
}

/// Makes ring the provider of the whole process; safe to call more than once. Must run before a `reqwest` client is built.
pub fn install_provider() {
    // an error only says that a provider has been installed before
    let _ = ring::default_provider().install_default();
}

/// Makes the settings of a server from PEM files: the certificate chain, own certificate first, and its private key.
///
/// # Errors
/// When a file can't be read, holds no certificate or key, or the two don't fit.
pub fn server_config(cert: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let origin = format!("{}, {}", cert.display(), key.display());
    let chain = certificates(&read(cert)?, &cert.display().to_string())?;
    let secret = private_key(&read(key)?, &key.display().to_string())?;
    build_server_config(chain, secret, origin)
}

/// Makes the settings of a server from PEM texts, for certificates that were made in memory.
///
/// # Errors
/// When a text holds no certificate or key, or the two don't fit.
pub fn server_config_from_pem(cert: &[u8], key: &[u8]) -> Result<Arc<ServerConfig>, TlsError> {
    let origin = "certificate from memory";
    build_server_config(certificates(cert, origin)?, private_key(key, origin)?, origin.to_owned())
}

fn build_server_config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    origin: String,
) -> Result<Arc<ServerConfig>, TlsError> {
    let unusable = |source| TlsError::Unusable { origin, source };
    let built = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key));
    let mut config = built.map_err(unusable)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Makes the settings of a client that trusts what a PEM file holds: certificate authorities, or the server's own certificate.
///
/// # Errors
/// When the file can't be read or holds no certificate.
pub fn client_config(trusted: &Path) -> Result<ClientConfig, TlsError> {
    build_client_config(&read(trusted)?, trusted.display().to_string())
}

/// Makes the settings of a client that trusts what a PEM text holds.
///
/// # Errors
/// When the text holds no certificate.
pub fn client_config_from_pem(trusted: &[u8]) -> Result<ClientConfig, TlsError> {
    build_client_config(trusted, "certificate from memory".to_owned())
}

fn build_client_config(pem: &[u8], origin: String) -> Result<ClientConfig, TlsError> {
    let verifier = trusted_verifier(pem, &origin)?;
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|source| TlsError::Unusable { origin, source })?;
    let mut config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn trusted_verifier(pem: &[u8], origin: &str) -> Result<Arc<TrustedVerifier>, TlsError> {
    let pinned = certificates(pem, origin)?;
    let mut roots = RootCertStore::empty();
    // one that is no valid trust anchor can still be pinned
    roots.add_parsable_certificates(pinned.iter().cloned());
    let chain_verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|source| TlsError::Trust { origin: origin.to_owned(), source })?;
    Ok(Arc::new(TrustedVerifier { pinned, chain_verifier }))
}

/// Makes the settings of a Modbus client over TLS (MODBUS/TCP Security Protocol Specification V36, 8): TLS 1.2 or later, a server that
/// `trusted` vouches for, and the client's own certificate chain and key where the server wants to know who asks.
///
/// # Errors
/// When a file can't be read, holds no certificate or key, or certificate and key don't fit.
pub fn modbus_client_config(
    trusted: &Path,
    identity: Option<(&Path, &Path)>,
) -> Result<Arc<ClientConfig>, TlsError> {
    let origin = trusted.display().to_string();
    let verifier = trusted_verifier(&read(trusted)?, &origin)?;
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|source| TlsError::Unusable { origin, source })?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let Some((cert, key)) = identity else { return Ok(Arc::new(builder.with_no_client_auth())) };
    let origin = format!("{}, {}", cert.display(), key.display());
    let chain = certificates(&read(cert)?, &cert.display().to_string())?;
    let secret = private_key(&read(key)?, &key.display().to_string())?;
    let config = builder.with_client_auth_cert(chain, secret);
    config.map(Arc::new).map_err(|source| TlsError::Unusable { origin, source })
}

/// Makes the settings of a Modbus server over TLS; with `clients`, only clients that those authorities vouch for are let in, as the
/// specification demands (MODBUS/TCP Security Protocol Specification V36, 8.2).
///
/// # Errors
/// When a file can't be read, holds no certificate or key, or certificate and key don't fit.
pub fn modbus_server_config(
    cert: &Path,
    key: &Path,
    clients: Option<&Path>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let origin = format!("{}, {}", cert.display(), key.display());
    let unusable = |source| TlsError::Unusable { origin: origin.clone(), source };
    let chain = certificates(&read(cert)?, &cert.display().to_string())?;
    let secret = private_key(&read(key)?, &key.display().to_string())?;
    let builder = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(unusable)?;
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let origin = path.display().to_string();
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(certificates(&read(path)?, &origin)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
                .build()
                .map_err(|source| TlsError::Trust { origin, source })?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    builder.with_single_cert(chain, secret).map(Arc::new).map_err(unusable)
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    Ok(fsio::read_text(path)?.into_bytes())
}

fn certificates(pem: &[u8], origin: &str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let refuse = |source| TlsError::Certificate { origin: origin.to_owned(), source };
    let chain = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>().map_err(refuse)?;
    if chain.is_empty() { Err(refuse(pem::Error::NoItemsFound)) } else { Ok(chain) }
}

fn private_key(pem: &[u8], origin: &str) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| {
        // the error's own text could quote the key
        let reason = match error {
            pem::Error::NoItemsFound => "it holds no PEM private key",
            _ => "its PEM private key is broken",
        };
        TlsError::Key { origin: origin.to_owned(), reason }
    })
}

/// Trusts a server whose certificate chain ends in a trusted authority and bears its name, or that presents exactly a
/// certificate which the owner of the site put into the file. The second way needs no name and no date: the owner chose that very
/// key, and devices in a cabinet live longer than their certificates and are reached by changing addresses.
#[derive(Debug)]
struct TrustedVerifier {
    pinned: Vec<CertificateDer<'static>>,
    chain_verifier: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for TrustedVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.pinned.iter().any(|pinned| pinned == end_entity) {
            return Ok(ServerCertVerified::assertion());
        }
        self.chain_verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, signed, &provider().signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, signed, &provider().signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn self_signed() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    #[test]
    fn certificate_and_key_must_be_there_and_fit() {
        let (cert, key) = self_signed();
        let (_, other_key) = self_signed();
        assert!(server_config_from_pem(cert.as_bytes(), key.as_bytes()).is_ok());
        let unfit = server_config_from_pem(cert.as_bytes(), other_key.as_bytes()).unwrap_err();
        assert!(matches!(unfit, TlsError::Unusable { .. }), "{unfit}");
        let swapped = server_config_from_pem(key.as_bytes(), cert.as_bytes()).unwrap_err();
        assert!(matches!(swapped, TlsError::Certificate { .. }), "{swapped}");
        let keyless = server_config_from_pem(cert.as_bytes(), b"").unwrap_err();
        assert!(keyless.to_string().contains("holds no PEM private key"), "{keyless}");
        assert!(client_config_from_pem(b"nothing").is_err());
    }

    #[test]
    fn a_broken_key_is_not_quoted() {
        let (cert, _) = self_signed();
        let broken = "-----BEGIN PRIVATE KEY-----\nsecret*secret\n-----END PRIVATE KEY-----\n";
        let error = server_config_from_pem(cert.as_bytes(), broken.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("broken"), "{error}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    }

    #[test]
    fn files_are_named_when_they_are_missing() {
        let error = server_config(Path::new("/missing/cert.pem"), Path::new("/missing/key.pem")).unwrap_err();
        assert!(error.to_string().contains("/missing/cert.pem"), "{error}");
    }
}
