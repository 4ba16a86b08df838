//! The OpenAPI 3.1 document, made from the route table and the structs that go over the wire.

use std::sync::OnceLock;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::resource::ErrorBody;
use super::route_table::{Body, Route, routes};

/// Returns the document as text, indented, with a line break at its end.
pub fn text() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| format!("{:#}\n", document()))
}

/// Returns the document.
pub fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let error = generator.subschema_for::<ErrorBody>().to_value();
    let mut paths = Map::new();
    for route in routes() {
        let operation = operation(&route, &error, &mut generator);
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method] = operation;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "enmon control server",
            "version": "v1",
            "description": "State and orders of one energy site. All currents are in amperes (RMS) per phase, all times in \
                            milliseconds since the Unix epoch unless the name says otherwise. A value that is unknown is null or \
                            absent, never 0.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "The token in the site's token file."}},
        },
    })
}

fn operation(route: &Route, error: &Value, generator: &mut SchemaGenerator) -> Value {
    let mut operation = json!({"operationId": route.id, "summary": route.summary});
    if route.path.contains("{name}") {
        operation["parameters"] = json!([{
            "name": "name",
            "in": "path",
            "required": true,
            "description": "Name in the site file, percent-encoded.",
            "schema": {"type": "string"},
        }]);
    }
    if let Some(schema_of) = route.request {
        let schema = schema_of(generator).to_value();
        operation["requestBody"] =
            json!({"required": true, "content": {"application/json": {"schema": schema}}});
    }
    if route.needs_token {
        operation["security"] = json!([{"token": []}]);
    }
    let (status, done) = match route.body {
        Body::Nothing => ("204", json!({"description": "Done"})),
        Body::Json(schema_of) => ("200", json_response("Done", &schema_of(generator).to_value())),
        Body::OpenApi => {
            ("200", json_response("The document", &json!({"type": "object", "required": ["openapi"]})))
        }
        Body::Exposition => (
            "200",
            json!({"description": "Metrics", "content": {"text/plain": {"schema": {"type": "string"}}}}),
        ),
    };
    operation["responses"] = json!({ status: done });
    for code in route.errors {
        operation["responses"][code.to_string()] = json_response(meaning(*code), error);
    }
    operation
}

fn json_response(description: &str, schema: &Value) -> Value {
    json!({"description": description, "content": {"application/json": {"schema": schema}}})
}

fn meaning(code: u16) -> &'static str {
    match code {
        400 => "The request is not understood",
        401 => "The token is missing or wrong",
        404 => "There is nothing of that name",
        408 => "The body did not arrive in time",
        413 => "The body is larger than 64 KiB",
        422 => "The device can't do that",
        503 => "There is no decision yet, the last one is too old, or the controller has ended",
        504 => "The controller did not answer in time",
        _ => "An error",
    }
}
