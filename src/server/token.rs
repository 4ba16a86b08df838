//! The token that writes need: a secret that never shows in logs, kept in a file of its own, compared in constant time.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use rustls::crypto::ring;
use subtle::ConstantTimeEq;

use crate::fsio::{self, FileError};

/// Length below which a token is refused: shorter ones can be guessed.
pub const MIN_TOKEN_LENGTH: usize = 16;
/// Bytes of a token that is made here.
const MADE_BYTES: usize = 32;

/// A text that must not be shown. `Debug` writes a placeholder, and there is no `Display`.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes a text into custody.
    pub fn new(text: String) -> Self {
        Secret(text)
    }

    /// Hands the text out, for the one place that must send it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Says whether it is the same text, in a time that does not depend on where they differ.
    pub fn matches(&self, offered: &str) -> bool {
        self.0.as_bytes().ct_eq(offered.as_bytes()).into()
    }

    /// Says whether it can serve as a token.
    pub(super) fn is_long_enough(&self) -> bool {
        self.0.len() >= MIN_TOKEN_LENGTH
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file can't be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The token could be guessed.
    #[error("{0}: the token has fewer than {MIN_TOKEN_LENGTH} characters")]
    Short(PathBuf),
    /// The token can't stand in an HTTP header.
    #[error("{0}: the token has characters other than visible ASCII")]
    Unfit(PathBuf),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers for a token")]
    Randomness,
}

/// Reads the token from a file.
///
/// # Errors
/// When the file can't be read, others may read it, or the token in it is too short or no visible ASCII.
pub fn load(path: &Path) -> Result<Secret, TokenError> {
    let secret = Secret::new(fsio::read_secret(path)?);
    if !secret.is_long_enough() {
        return Err(TokenError::Short(path.to_owned()));
    }
    if !secret.0.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(TokenError::Unfit(path.to_owned()));
    }
    Ok(secret)
}

/// Reads the token from a file; where there is none, makes one of 32 random bytes in hexadecimal, for this user alone.
///
/// # Errors
/// As [`load`], or when the file can't be written.
pub fn load_or_create(path: &Path) -> Result<Secret, TokenError> {
    match load(path) {
        Err(TokenError::File(error)) if error.source.kind() == io::ErrorKind::NotFound => {}
        outcome => return outcome,
    }
    let mut bytes = [0_u8; MADE_BYTES];
    ring::default_provider().secure_random.fill(&mut bytes).map_err(|_| TokenError::Randomness)?;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fsio::make_private_folder(folder)?;
    }
    fsio::write_atomically(path, format!("{text}\n").as_bytes(), 0o600)?;
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/garage/api-token");
        let made = load_or_create(&path).unwrap();
        assert_eq!(made.reveal().len(), 2 * MADE_BYTES);
        assert_eq!(load_or_create(&path).unwrap().reveal(), made.reveal());
        // reading it at all proves that nobody else may
        assert!(load(&path).unwrap().matches(made.reveal()));
        let other = load_or_create(&folder.path().join("other")).unwrap();
        assert!(!other.matches(made.reveal()));
    }

    #[test]
    fn guessable_and_unfit_tokens_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        for (text, word) in [("", "fewer"), ("short\n", "fewer"), ("0123456789 0123456789", "ASCII")] {
            fsio::write_atomically(&path, text.as_bytes(), 0o600).unwrap();
            let error = load_or_create(&path).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
        fsio::write_atomically(&path, b"0123456789abcdef0123456789abcdef", 0o644).unwrap();
        assert!(matches!(load_or_create(&path).unwrap_err(), TokenError::File(_)));
    }

    #[test]
    fn a_secret_does_not_show() {
        let secret = Secret::new("hunter2hunter2hunter2".to_owned());
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert!(secret.matches("hunter2hunter2hunter2"));
        for wrong in ["", "hunter2", "hunter2hunter2hunter3", "hunter2hunter2hunter22"] {
            assert!(!secret.matches(wrong), "{wrong}");
        }
    }
}
