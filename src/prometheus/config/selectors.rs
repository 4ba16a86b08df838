//! Selectors of a Kubernetes discovery: which roles take them, and how they are written (`app=x,tier!=y`, `status.phase=Running`).
//!
//! Whether there are such labels and fields in the cluster is left to its API server.

use super::fields::{Fields, heading};
use super::walk::Walk;

/// What can be discovered, and selected.
pub(super) const ROLES: &[&str] = &["node", "pod", "service", "endpoints", "endpointslice", "ingress"];

/// Each role takes selectors of some roles, one for each.
pub(super) fn check<'a>(walk: &mut Walk<'a>, fields: &Fields<'a>) {
    let Some(role) = fields.text("role") else { return };
    let allowed: &[&str] = match role {
        "endpoints" => &["pod", "service", "endpoints", "node"],
        "endpointslice" => &["pod", "service", "endpointslice", "node"],
        "pod" => &["pod", "node"],
        other => &[other],
    };
    let mut seen: Vec<&str> = Vec::new();
    let elements = fields.get("selectors").map_or(&[] as &[_], |entry| entry.value.elements());
    for element in elements {
        let Some((selector, _)) = Fields::of(element) else { continue };
        for (key, judge) in [("field", field as fn(&str) -> _), ("label", label)] {
            let Some(entry) = selector.get(key) else { continue };
            if let Some(Err(wrong)) = walk.word(&entry.value).map(|word| judge(&word)) {
                let hint = "write `name=value` or `name!=value`, several with commas";
                walk.error_hint("wrong-form", entry.value.span, format!("`{key}`: {wrong}"), hint);
            }
        }
        let Some(other) = selector.text("role") else { continue };
        if seen.contains(&other) {
            let message = format!("a second selector for the role `{other}`");
            walk.error("duplicate-name", heading(element), message);
        } else if !allowed.contains(&other) && ROLES.contains(&other) {
            let message = format!("the role `{role}` takes no selector for `{other}`");
            walk.error("unknown-word", heading(element), message);
        } else if other == "node" && role != "node" && walk.server_is_before(3, 10) {
            let message = format!("the role `{role}` takes no selector for `node` before Prometheus 3.10");
            walk.error("unknown-word", heading(element), message);
        }
        if seen.len() < ROLES.len() {
            seen.push(other);
        }
    }
}

/// Checks a selector of fields: `=`, `==` and `!=`, and `\` before a comma, an equals sign or itself in a value.
fn field(text: &str) -> Result<(), String> {
    let mut terms = vec![""];
    let (mut start, mut escaped) = (0, false);
    for (at, c) in text.char_indices() {
        if c == ',' && !escaped {
            start = at + 1;
            terms.push("");
        } else if let Some(last) = terms.last_mut() {
            *last = &text[start..at + c.len_utf8()];
        }
        escaped = c == '\\' && !escaped;
    }
    for term in terms.into_iter().filter(|term| !term.is_empty()) {
        let (at, operator) = operator(term).ok_or_else(|| format!("`{term}` compares nothing"))?;
        let mut value = term[at + operator.len()..].chars();
        while let Some(c) = value.next() {
            let is_wrong = match c {
                '\\' => !matches!(value.next(), Some('\\' | ',' | '=')),
                c => c == '=',
            };
            if is_wrong {
                return Err(format!("the value of `{term}` has a `{c}` in it; write `\\{c}`"));
            }
        }
    }
    Ok(())
}

fn operator(term: &str) -> Option<(usize, &'static str)> {
    let found = ["!=", "==", "="].into_iter().filter_map(|sign| Some((term.find(sign)?, sign)));
    found.min_by_key(|(at, sign)| (*at, std::cmp::Reverse(sign.len())))
}

/// Checks a selector of labels: comparisons, sets (`in (a, b)`), and names alone or behind `!`.
fn label(text: &str) -> Result<(), String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(());
    }
    let (mut start, mut depth) = (0, 0i32);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                requirement(text[start..at].trim())?;
                start = at + 1;
            }
            _ => {}
        }
    }
    requirement(text[start..].trim())
}

fn requirement(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("nothing stands beside a comma".to_owned());
    }
    if let Some((before, values)) = text.split_once('(') {
        let values = values.trim_end().strip_suffix(')');
        let key = before.trim_end().strip_suffix("in").map(|key| key.strip_suffix("not").unwrap_or(key));
        return match (key.filter(|key| key.ends_with([' ', '\t'])), values) {
            (Some(key), Some(values)) => {
                name(key.trim())?;
                values.split(',').try_for_each(|word| value(word.trim()))
            }
            _ => Err(format!("`{text}` is no set; write `name in (a, b)`")),
        };
    }
    let signs = ["!=", "==", "=", "<", ">"].into_iter().filter_map(|sign| Some((text.find(sign)?, sign)));
    match signs.min_by_key(|(at, sign)| (*at, std::cmp::Reverse(sign.len()))) {
        None => name(text.strip_prefix('!').unwrap_or(text).trim()),
        Some((at, sign)) => {
            name(text[..at].trim())?;
            let word = text[at + sign.len()..].trim();
            if matches!(sign, "<" | ">") && word.parse::<i64>().is_err() {
                return Err(format!("`{word}` is no whole number"));
            }
            value(word)
        }
    }
}

/// Checks the name of a label, with a domain before it or without.
fn name(text: &str) -> Result<(), String> {
    let (domain, word) = text.rsplit_once('/').unwrap_or(("a", text));
    if word.is_empty() || value(word).is_err() || !is_word(domain) || domain.is_empty() {
        return Err(format!("`{text}` is no name of a label"));
    }
    Ok(())
}

fn value(word: &str) -> Result<(), String> {
    if !is_word(word) || word.len() > 63 {
        return Err(format!("`{word}` is no value of a label"));
    }
    Ok(())
}

/// Letters, digits, `-`, `_` and `.`, with a letter or a digit at each end; or nothing.
fn is_word(word: &str) -> bool {
    let is_end = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    is_end(word.chars().next())
        && is_end(word.chars().next_back())
        && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_read_as_kubernetes_reads_them() {
        for (text, right) in [
            ("", true),
            ("status.phase=Running", true),
            ("metadata.name==a,spec.nodeName!=b", true),
            ("a=b,", true),
            ("a=", true),
            ("a=b\\,c\\=d", true),
            ("metadata.status-Running", false),
            ("a=b=c", false),
            ("a=b\\c", false),
            ("a=b,c", false),
        ] {
            assert_eq!(field(text).is_ok(), right, "{text}");
        }
        for (text, right) in [
            ("", true),
            ("app=x,tier!=y", true),
            ("app == x", true),
            ("app", true),
            ("!app, b", true),
            ("app in (a, b),c notin (d)", true),
            ("example.org/app=x", true),
            ("size>5", true),
            ("app=", true),
            ("app=x,", false),
            ("app=a b", false),
            ("app in a", false),
            ("app in (a", false),
            ("appin (a)", false),
            ("-app=x", false),
            ("size>big", false),
            ("app=x=y", false),
            ("/app", false),
        ] {
            assert_eq!(label(text).is_ok(), right, "{text}");
        }
    }
}
