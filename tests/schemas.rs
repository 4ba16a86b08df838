//! The shipped JSON Schemas are those of the code. To write them anew: `ENMON_BLESS=1 cargo nextest run --test schemas`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use enmon::document::closed_schema;
use enmon::profile::Profile;
use enmon::scenario::ScenarioFile;
use enmon::site::SiteFile;
use serde_json::Value;

fn hold(name: &str, schema: &Value) {
    let path = format!("{}/templates/schemas/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = serde_json::to_string_pretty(schema).unwrap() + "\n";
    if std::env::var_os("ENMON_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let shipped = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        shipped == text,
        "{name} is not that of the code; run: ENMON_BLESS=1 cargo nextest run --test schemas"
    );
}

#[test]
fn the_schema_of_site_files_is_that_of_the_code() {
    hold("site.schema.json", &closed_schema::<SiteFile>());
}

#[test]
fn the_schema_of_profiles_is_that_of_the_code() {
    hold("profile.schema.json", &closed_schema::<Profile>());
}

#[test]
fn the_schema_of_scenarios_is_that_of_the_code() {
    hold("scenario.schema.json", &closed_schema::<ScenarioFile>());
}

#[test]
fn no_mapping_takes_unknown_keys() {
    fn look(schema: &Value, path: &str) {
        if let Some(keys) = schema.as_object() {
            if keys.contains_key("properties") && keys.get("type").is_some_and(|kind| kind == "object") {
                assert_eq!(keys.get("additionalProperties"), Some(&Value::Bool(false)), "{path} is open");
            }
            keys.iter().for_each(|(key, value)| look(value, &format!("{path}/{key}")));
        }
        for (index, value) in schema.as_array().into_iter().flatten().enumerate() {
            look(value, &format!("{path}/{index}"));
        }
    }
    look(&closed_schema::<SiteFile>(), "site");
    look(&closed_schema::<Profile>(), "profile");
    look(&closed_schema::<ScenarioFile>(), "scenario");
}
