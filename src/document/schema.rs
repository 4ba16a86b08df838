//! Holding a tree against the JSON Schema of a Rust type, so that all mistakes of form are found at once.

use std::collections::HashSet;
use std::marker::PhantomData;

use jsonschema::Validator;
use schemars::JsonSchema;
use serde_json::Value;

use super::source::Draft;
use super::tree::Span;
use super::{Finding, Place, Severity, wording};

/// Returns the JSON Schema of a type, in which no mapping takes keys that it does not name.
///
/// Types with a flattened part can't refuse unknown keys themselves; here they do.
pub fn closed_schema<T: JsonSchema>() -> Value {
    let mut schema = schemars::schema_for!(T).to_value();
    close(&mut schema);
    schema
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(keys) => {
            let lists_keys = keys.get("properties").is_some_and(Value::is_object);
            let is_schema = keys.get("type").and_then(Value::as_str) == Some("object");
            if lists_keys && is_schema && !keys.contains_key("additionalProperties") {
                keys.insert("additionalProperties".into(), Value::Bool(false));
            }
            keys.values_mut().for_each(close);
        }
        Value::Array(elements) => elements.iter_mut().for_each(close),
        _ => {}
    }
}

/// A kind of text with a parser of its own, as the `format` of a schema names it.
#[derive(Debug, Clone, Copy)]
pub struct Wording {
    /// The schema's `format`.
    pub format: &'static str,
    /// What is wanted, with examples: `a duration such as 15s`.
    pub wanted: &'static str,
    /// Why a text is none of these; `None`: it is one.
    pub refusal: fn(&str) -> Option<String>,
}

/// The form of a kind of file: its schema, ready for use.
pub struct Format<T> {
    schema: Value,
    wordings: &'static [Wording],
    validator: Result<Validator, String>,
    of: PhantomData<fn() -> T>,
}

impl<T> std::fmt::Debug for Format<T> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Format").field("schema", &self.schema["title"]).finish_non_exhaustive()
    }
}

impl<T: JsonSchema> Format<T> {
    /// Makes the form from the type, and from the kinds of text that its schema names.
    pub fn new(wordings: &'static [Wording]) -> Self {
        let schema = closed_schema::<T>();
        let mut options = jsonschema::options().should_validate_formats(true);
        for &Wording { format, refusal, .. } in wordings {
            options = options.with_format(format, move |text: &str| refusal(text).is_none());
        }
        let validator = options.build(&schema).map_err(|error| error.to_string());
        Format { schema, wordings, validator, of: PhantomData }
    }

    /// Adds to a draft all findings about its form, and returns the file as JSON without what is wrong in it.
    ///
    /// What is wrong is left out as a whole key of a section (`control.interval`) or of a list's entry (`chargers[3].min`), so that
    /// the rest can still be looked at.
    pub fn check(&self, draft: &mut Draft) -> Option<Value> {
        let source = draft.source.as_ref()?;
        let mut json = source.root().to_json();
        let validator = match &self.validator {
            Ok(validator) => validator,
            Err(error) => {
                let message = format!("the schema of this kind of file can't be used: {error}");
                let whole = Span { start: 0, end: 0 };
                draft.findings.push(source.finding(Severity::Error, "internal", whole, message, None));
                return None;
            }
        };
        let mut problems = Vec::new();
        let mut wrong = Vec::new();
        let terms = wording::Terms { schema: &self.schema, wordings: self.wordings };
        for error in validator.iter_errors(&json) {
            wrong.extend(wording::explain(&error, terms, source, &mut problems));
        }
        // a value that could not even be read has been reported
        let reported: HashSet<Option<Place>> = draft.findings.iter().map(|finding| finding.place).collect();
        let found = problems.into_iter().map(|problem| source.problem(problem));
        let found: Vec<Finding> = found.filter(|finding| !reported.contains(&finding.place)).collect();
        draft.findings.extend(found);
        for pointer in wrong {
            leave_out(&mut json, &pointer);
        }
        Some(json)
    }
}

/// Removes the section's or entry's key on the way to a value.
fn leave_out(json: &mut Value, pointer: &[String]) {
    let Some((first, rest)) = pointer.split_first() else { return };
    let Some(section) = json.get_mut(first) else { return };
    match (section, rest) {
        (Value::Object(keys), [key, ..]) => {
            keys.remove(key);
        }
        (Value::Array(entries), [index, key, ..]) => {
            let entry = index.parse::<usize>().ok().and_then(|index| entries.get_mut(index));
            if let Some(Value::Object(keys)) = entry {
                keys.remove(key);
            }
        }
        (Value::Array(entries), [index]) => {
            // positions of the others must stay what they are
            if let Some(entry) = index.parse::<usize>().ok().and_then(|index| entries.get_mut(index)) {
                *entry = Value::Null;
            }
        }
        _ => {
            if let Value::Object(keys) = json {
                keys.remove(first);
            }
        }
    }
}
