//! The key for updates of a name server, in the form that BIND's `tsig-keygen` writes and `named.conf` reads.
//!
//! Nothing of the secret gets into an error or a debug text.

use std::fmt;
use std::path::Path;

use data_encoding::BASE64;

use crate::fsio;

/// The shortest secret that is taken, in bytes: half of the hash, as RFC 2104 (3) advises against shorter ones.
const SHORTEST: usize = 16;

/// Algorithms of RFC 8945 (6) that are not broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyAlgorithm {
    /// HMAC with SHA-256.
    Sha256,
    /// HMAC with SHA-384.
    Sha384,
    /// HMAC with SHA-512.
    Sha512,
}

/// A key.
#[derive(Clone, PartialEq, Eq)]
pub struct DnsKey {
    /// Its name, as the server knows it.
    pub name: String,
    /// Its algorithm.
    pub algorithm: KeyAlgorithm,
    pub(super) secret: Vec<u8>,
}

impl fmt::Debug for DnsKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("DnsKey").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Why a key can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the key {file} can't be used: {reason}")]
pub struct KeyError {
    /// The file.
    pub file: String,
    /// Why; nothing of what is in it but names.
    pub reason: String,
}

impl DnsKey {
    /// Reads a key.
    ///
    /// # Errors
    /// When the file can't be read, others may read it, or it holds no such key.
    pub fn read(path: &Path) -> Result<DnsKey, KeyError> {
        let wrong = |reason: String| KeyError { file: path.display().to_string(), reason };
        let text = fsio::read_secret(path).map_err(|error| wrong(error.source.to_string()))?;
        DnsKey::parse(&text).map_err(wrong)
    }

    /// Understands a key: `key "name" { algorithm hmac-sha256; secret "base64"; };`.
    ///
    /// # Errors
    /// With the reason; nothing of the secret is in it.
    pub fn parse(text: &str) -> Result<DnsKey, String> {
        let words = words(text)?;
        let mut words = words.iter().map(String::as_str);
        if words.next() != Some("key") {
            return Err("it does not begin with `key`; make one with: tsig-keygen NAME".into());
        }
        let name = words.next().filter(|name| !matches!(*name, "{" | "}" | ";")).unwrap_or_default();
        if name.is_empty() || words.next() != Some("{") {
            return Err("after `key` a name and `{` are expected".into());
        }
        let (mut algorithm, mut secret) = (None, None);
        loop {
            match words.next() {
                Some("}") => break,
                Some("algorithm") => algorithm = words.next(),
                Some("secret") => secret = words.next(),
                _ => return Err("in `{ }` only `algorithm` and `secret` are expected".into()),
            }
            if words.next() != Some(";") {
                return Err("a `;` is missing".into());
            }
        }
        if words.any(|word| word != ";") {
            return Err("something stands behind the key".into());
        }
        let algorithm = match algorithm.map(str::to_ascii_lowercase).as_deref() {
            Some("hmac-sha256") => KeyAlgorithm::Sha256,
            Some("hmac-sha384") => KeyAlgorithm::Sha384,
            Some("hmac-sha512") => KeyAlgorithm::Sha512,
            _ => return Err("its algorithm is none of hmac-sha256, hmac-sha384, hmac-sha512".into()),
        };
        let secret = BASE64.decode(secret.unwrap_or_default().as_bytes());
        let secret = secret.map_err(|_| "its secret is no base64".to_owned())?;
        if secret.len() < SHORTEST {
            return Err(format!("its secret is shorter than {SHORTEST} bytes"));
        }
        Ok(DnsKey { name: name.to_owned(), algorithm, secret })
    }
}

/// Splits into words, braces and semicolons; comments go (`#`, `//`, `/* */`), quotes are taken off.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first == '#' || rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").ok_or("a comment does not end")? + 2
        } else if first == '"' {
            let end = rest.get(1..).and_then(|rest| rest.find('"')).ok_or("a quote does not end")?;
            words.push(rest.get(1..=end).unwrap_or_default().to_owned());
            end + 2
        } else if matches!(first, '{' | '}' | ';') {
            words.push(first.to_string());
            1
        } else {
            let is_end = |char: char| char.is_whitespace() || matches!(char, '{' | '}' | ';' | '"');
            let end = rest.find(is_end).unwrap_or(rest.len());
            words.push(rest.get(..end).unwrap_or_default().to_owned());
            end
        };
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "key \"enmon\" {\n\talgorithm hmac-sha256;\n\tsecret \"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\";\n};\n";

    #[test]
    fn keys_of_bind_are_understood() {
        let key = DnsKey::parse(GOOD).unwrap();
        assert_eq!((key.name.as_str(), key.algorithm), ("enmon", KeyAlgorithm::Sha256));
        assert_eq!(key.secret, b"0123456789abcdef0123456789abcdef");
        assert_eq!(DnsKey::parse(&GOOD.replace('"', "")).unwrap(), key, "without quotes");
        assert_eq!(DnsKey::parse(&GOOD.replace(['\n', '\t'], " ")).unwrap(), key, "on one line");
        let commented = format!("# one\n// two\n/* three\n*/ {}", GOOD.replace("{\n", "{ // four\n"));
        assert_eq!(DnsKey::parse(&commented).unwrap(), key);
        let other = DnsKey::parse(&GOOD.replace("sha256", "SHA512")).unwrap();
        assert_eq!(other.algorithm, KeyAlgorithm::Sha512);
    }

    #[test]
    fn what_is_no_key_says_why_and_tells_no_secret() {
        let cases = [
            (String::new(), "begin with `key`"),
            (GOOD.replace("key \"enmon\"", "zone \"enmon\""), "begin with `key`"),
            (GOOD.replace("\"enmon\" ", ""), "a name and `{`"),
            (GOOD.replace("hmac-sha256", "hmac-md5"), "none of hmac-sha256"),
            (GOOD.replace("algorithm hmac-sha256;", ""), "none of hmac-sha256"),
            (GOOD.replace("MDEy", "MD*y"), "no base64"),
            (GOOD.replace("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "MDEyMzQ1"), "shorter than 16"),
            (GOOD.replace("secret \"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\";", ""), "shorter than 16"),
            (GOOD.replace("sha256;", "sha256"), "`;` is missing"),
            (GOOD.replace("secret", "password"), "only `algorithm` and `secret`"),
            (GOOD.replace("};", "}; more"), "behind the key"),
            (GOOD.replace("=\"", "="), "does not end"),
            (format!("/* {GOOD}"), "does not end"),
            (GOOD.replace('}', ""), "only `algorithm` and `secret`"),
        ];
        for (text, expected) in cases {
            let reason = DnsKey::parse(&text).unwrap_err();
            assert!(reason.contains(expected), "{text}: {reason}");
            assert!(!reason.contains("MzQ1"), "{reason}");
        }
        assert!(!format!("{:?}", DnsKey::parse(GOOD).unwrap()).contains("48"), "no byte of it");
    }

    proptest::proptest! {
        #[test]
        fn no_text_harms(text in "[ -~\n\u{e4}\"{};/*#]{0,80}") {
            let _ = DnsKey::parse(&text);
            let _ = DnsKey::parse(&format!("key \"a\" {{{text}"));
        }
    }
}
