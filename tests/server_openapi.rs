//! The OpenAPI document: it is the one in docs/, and the server keeps what it says.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod server_site;

use std::path::Path;

use enmon::server::{openapi_document, openapi_text};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use server_site::{Answer, TOKEN, TestSite, settings, start, start_with};

const FILE: &str = "docs/api/openapi.json";

#[test]
fn the_document_in_docs_is_the_one_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    if std::env::var_os("ENMON_BLESS").is_some() {
        std::fs::write(&path, openapi_text()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == openapi_text(),
        "{FILE} is not what the code makes; run: ENMON_BLESS=1 cargo test --test server_openapi"
    );
}

#[test]
fn every_reference_in_the_document_leads_somewhere() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                found.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
                map.values().for_each(|value| references(value, found));
            }
            Value::Array(list) => list.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let (document, mut found) = (openapi_document(), Vec::new());
    references(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
}

/// Holds an answer against what the document says of that operation.
fn check(document: &Value, method: &str, path: &str, answer: &Answer) -> Result<(), String> {
    let responses = &document["paths"][path][method]["responses"];
    let response = responses.get(answer.code.to_string());
    let response = response.ok_or_else(|| format!("{method} {path}: {} is not documented", answer.code))?;
    let kind = answer.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let Some(content) = response.get("content") else {
        return if answer.text.is_empty() {
            Ok(())
        } else {
            Err(format!("{method} {path}: a body with {}", answer.code))
        };
    };
    let essence = kind.split(';').next().unwrap_or_default();
    let body = content.get(essence).ok_or_else(|| format!("{method} {path}: {kind} is not documented"))?;
    if essence != "application/json" {
        return Ok(());
    }
    let schema = json!({"allOf": [body["schema"]], "components": document["components"]});
    let validator = jsonschema::draft202012::new(&schema).map_err(|error| error.to_string())?;
    let errors: Vec<_> = validator.iter_errors(&answer.json).map(|error| error.to_string()).collect();
    if errors.is_empty() { Ok(()) } else { Err(format!("{method} {path}: {errors:?}\n{}", answer.text)) }
}

fn operations(document: &Value) -> Vec<(String, String)> {
    let paths = document["paths"].as_object().unwrap();
    let pairs = paths.iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().keys().map(|method| (method.clone(), path.clone()))
    });
    pairs.collect()
}

async fn ask_all(site: &TestSite, seen: &mut Vec<(String, String, u16)>) {
    let document = openapi_document();
    let bodies: [Option<&str>; 7] = [
        None,
        Some(r#"{"limit": 10, "who": "ada", "why": ""}"#),
        Some(r#"{"limit": 3, "who": "ada", "why": ""}"#),
        Some(r#"{"max_current": 10}"#),
        Some(r#"{"position": "off", "who": "ada", "why": ""}"#),
        Some(r#"{"energy": 20, "inSeconds": 3600, "who": "ada"}"#),
        Some("{"),
    ];
    for (method, path) in operations(&document) {
        for name in ["ev1", "main", "q1", "stuck", "nobody", "%ff"] {
            for token in [None, Some(TOKEN)] {
                for body in bodies {
                    let answer = site.ask(&method, &path.replace("{name}", name), token, body).await;
                    check(&document, &method, &path, &answer).unwrap();
                    seen.push((method.clone(), path.clone(), answer.code));
                }
            }
        }
    }
}

#[tokio::test]
async fn every_path_answers_as_documented() {
    let mut seen = Vec::new();
    ask_all(&start().await, &mut seen).await;
    for (method, path) in operations(&openapi_document()) {
        let is_done = seen.iter().any(|(m, p, code)| *m == method && *p == path && (200..300).contains(code));
        assert!(is_done, "{method} {path} never succeeded");
    }
    ask_all(&start_with(settings(), None).await.unwrap(), &mut seen).await;
}

#[test]
fn no_name_and_no_body_leads_out_of_the_document() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let site = runtime.block_on(start());
    let document = openapi_document();
    let number = prop_oneof![
        Just("10"),
        Just("0"),
        Just("-3"),
        Just("1e400"),
        Just("NaN"),
        Just("null"),
        Just("9e15"),
        Just("5.9")
    ];
    let body = prop_oneof![
        (number.clone(), number.clone(), "\\PC{0,4}").prop_map(|(limit, seconds, who)| format!(
            "{{\"limit\":{limit},\"forSeconds\":{seconds},\"who\":{},\"why\":\"\"}}",
            json!(who)
        )),
        number.clone().prop_map(|limit| format!("{{\"max_current\":{limit}}}")),
        (number.clone(), number).prop_map(|(energy, departure)| {
            format!("{{\"energy\":{energy},\"departure\":{departure},\"who\":\"ada\"}}")
        }),
        ".{0,20}",
    ];
    let operation = proptest::sample::select(operations(&document));
    let name = prop_oneof![Just("ev1".to_owned()), "[a-z0-9%._~!$&'()*+,;=:@-]{1,12}"];
    TestRunner::new(Config { cases: 300, ..Config::default() })
        .run(&(operation, name, body), |((method, path), name, body)| {
            // a dot segment would be another path
            prop_assume!(name != "." && name != ".." && !name.to_lowercase().contains("%2e"));
            let answer =
                runtime.block_on(site.ask(&method, &path.replace("{name}", &name), Some(TOKEN), Some(&body)));
            check(&document, &method, &path, &answer).map_err(TestCaseError::fail)
        })
        .unwrap();
}
