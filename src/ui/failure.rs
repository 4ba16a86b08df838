//! How an error looks: `error:`, `caused by:` and `hint:` lines for people, one object for scripts.

use std::fmt::Write;

use serde::Serialize;

use crate::error::Error;

/// What `--output json` says on stderr when a command fails.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FailureObject<'a> {
    api_version: &'static str,
    kind: &'static str,
    code: &'static str,
    exit_code: u8,
    message: &'a str,
    causes: &'a [String],
    hints: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<String>,
}

/// Renders an error for people; ANSI styles are stripped where colour is off.
pub(super) fn as_text(error: &Error) -> String {
    let mut text = String::new();
    if let Some(details) = &error.details {
        text.push_str(details);
        if !details.ends_with('\n') {
            text.push('\n');
        }
    }
    // writing to a String can't fail
    let _ = writeln!(text, "\x1b[1;31merror\x1b[0m: {}", error.message);
    for cause in &error.causes {
        let _ = writeln!(text, "caused by: {cause}");
    }
    for hint in &error.hints {
        let _ = writeln!(text, "\x1b[1;36mhint\x1b[0m: {hint}");
    }
    text
}

/// Renders an error as one line of JSON.
pub(super) fn as_json(error: &Error) -> String {
    let object = FailureObject {
        api_version: "enmon/v1",
        kind: "Error",
        code: error.kind.as_str(),
        exit_code: error.kind.exit_code(),
        message: &error.message,
        causes: &error.causes,
        hints: &error.hints,
        details: error.details.as_deref().map(|details| anstream::adapter::strip_str(details).to_string()),
    };
    // strings and numbers alone can't fail to serialize; text is still better than silence
    serde_json::to_string(&object).map_or_else(|_| as_text(error), |line| line + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn refused() -> Error {
        Error::new(Kind::Refused, "ev1 refused the limit")
            .cause("exception 2: illegal data address")
            .hint("run: enmon check --online")
            .details("\x1b[31menmon.yaml:3:5\x1b[0m: unit 7")
    }

    #[test]
    fn text_shows_details_message_causes_and_hints_in_that_order() {
        let text = anstream::adapter::strip_str(&as_text(&refused())).to_string();
        assert_eq!(
            text,
            "enmon.yaml:3:5: unit 7\nerror: ev1 refused the limit\ncaused by: exception 2: illegal data address\n\
             hint: run: enmon check --online\n"
        );
    }

    #[test]
    fn json_is_one_object_on_one_line_without_styles() {
        let line = as_json(&refused());
        assert_eq!(line.matches('\n').count(), 1);
        let object: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(object["apiVersion"], "enmon/v1");
        assert_eq!(object["kind"], "Error");
        assert_eq!(object["code"], "refused");
        assert_eq!(object["exitCode"], 5);
        assert_eq!(object["message"], "ev1 refused the limit");
        assert_eq!(object["causes"][0], "exception 2: illegal data address");
        assert_eq!(object["hints"][0], "run: enmon check --online");
        assert_eq!(object["details"], "enmon.yaml:3:5: unit 7");
    }
}
