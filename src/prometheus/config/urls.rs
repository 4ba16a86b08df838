//! Addresses as Go's `net/url` takes them, and the `host:port` of mail servers.
//!
//! Only what Go refuses is refused: it takes nearly everything as a relative address.

/// The parts of an address that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Url<'a> {
    pub(super) scheme: &'a str,
    pub(super) host: &'a str,
}

/// Parses an address.
///
/// # Errors
/// What Go would say, in our words.
pub(super) fn parse(url: &str) -> Result<Url<'_>, String> {
    if url.bytes().any(|b| b < 0x20 || b == 0x7f) {
        return Err("a control character stands in the address".to_owned());
    }
    let without_fragment = url.split_once('#').map_or(url, |(url, _)| url);
    let (scheme, rest) = scheme(without_fragment)?;
    escapes(url)?;
    let Some(authority) = rest.strip_prefix("//") else {
        if scheme.is_empty() && !rest.starts_with('/') {
            let first = rest.split(['/', '?']).next().unwrap_or(rest);
            if first.contains(':') {
                return Err(format!("`{url}` needs a scheme: `http://{url}`"));
            }
        }
        return Ok(Url { scheme, host: "" });
    };
    let authority = authority.split(['/', '?']).next().unwrap_or(authority);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    check_host(host)?;
    Ok(Url { scheme, host })
}

/// Parses an address that must be one of the web, with a host.
pub(super) fn http(url: &str) -> Result<(), String> {
    match parse(url)? {
        Url { scheme: "http" | "https", host } if !host.is_empty() => Ok(()),
        Url { scheme: "http" | "https", .. } => Err(format!("`{url}` has no host")),
        Url { scheme: "", .. } => Err(format!("`{url}` needs a scheme: `http://…` or `https://…`")),
        Url { scheme, .. } => {
            Err(format!("`{scheme}` is no scheme that can be used here, only http and https"))
        }
    }
}

fn scheme(url: &str) -> Result<(&str, &str), String> {
    let Some(at) = url.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-' | '.')) else {
        return Ok(("", url));
    };
    match (url[at..].starts_with(':'), at) {
        (true, 0) => Err("the scheme before `:` is missing".to_owned()),
        (true, at) if url.starts_with(|c: char| c.is_ascii_alphabetic()) => Ok((&url[..at], &url[at + 1..])),
        _ => Ok(("", url)),
    }
}

fn escapes(url: &str) -> Result<(), String> {
    for (at, _) in url.match_indices('%') {
        let digits = url.as_bytes().get(at + 1..at + 3);
        if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
            let shown: String = url[at..].chars().take(3).collect();
            return Err(format!("`{shown}` is no escape; write `%25` for a percent sign"));
        }
    }
    Ok(())
}

fn check_host(host: &str) -> Result<(), String> {
    let port = if let Some(inner) = host.strip_prefix('[') {
        let (_, after) =
            inner.split_once(']').ok_or_else(|| "the `[` of the host is never closed".to_owned())?;
        after
    } else {
        host.find(':').map_or("", |at| &host[at..])
    };
    let digits = port.strip_prefix(':').unwrap_or(port);
    if !digits.bytes().all(|b| b.is_ascii_digit()) || (digits.len() == port.len() && !port.is_empty()) {
        return Err(format!("`{port}` is no port"));
    }
    match host.chars().find(|c| c.is_ascii() && " \"<>\\^`{|}".contains(*c)) {
        Some(wrong) => Err(format!("`{wrong}` can't stand in a host")),
        None => Ok(()),
    }
}

/// Checks the `host:port` of a mail server; both must be there.
pub(super) fn host_port(word: &str) -> Result<(), String> {
    match word.rsplit_once(':') {
        None => Err(format!("`{word}` has no port; write `{word}:25`")),
        Some((_, "")) => Err(format!("the port of `{word}` is empty")),
        Some((host, _)) if host.contains(':') && !(host.starts_with('[') && host.ends_with(']')) => {
            Err(format!("`{word}` has too many colons; write an IPv6 address in brackets"))
        }
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_refused_as_go_refuses_them() {
        for (url, right) in [
            ("http://a", true),
            ("foo", true),
            ("", true),
            ("/x:y", true),
            ("localhost:9090", true),
            ("127.0.0.1:9090", false),
            ("http://[::1]:9090/x", true),
            ("http://[::1", false),
            ("http://a:x", false),
            ("http://a b", false),
            ("%zz", false),
            ("http://user:p@a", true),
            (":a", false),
            ("a\u{7f}", false),
        ] {
            assert_eq!(parse(url).is_ok(), right, "{url}");
        }
        assert!(http("https://a/b").is_ok());
        assert!(http("a/b").is_err());
        assert!(http("ftp://a").is_err());
        assert!(http("http:///b").is_err());
    }
}
