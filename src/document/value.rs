//! A value to be written into a document: what a node is, without the place where it stands.

use serde_json::Number;

use super::tree::{Content, Node};

/// A value of a YAML text. Mappings keep the order in which they are to be written.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A finite number.
    Number(Number),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// Keys with values.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// Makes a mapping.
    pub fn map<K: Into<String>>(entries: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// Makes a list.
    pub fn list<V: Into<Value>>(elements: impl IntoIterator<Item = V>) -> Value {
        Value::List(elements.into_iter().map(Into::into).collect())
    }

    /// Returns the value of a key, when this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Sets a key of a mapping: in its place when it is there, at the end otherwise. Anything else stays as it is.
    pub fn set(&mut self, key: &str, new: impl Into<Value>) {
        let Value::Map(entries) = self else { return };
        match entries.iter_mut().find(|(name, _)| name == key) {
            Some((_, value)) => *value = new.into(),
            None => entries.push((key.to_owned(), new.into())),
        }
    }

    /// Removes a key of a mapping, and says whether it was there.
    pub fn remove(&mut self, key: &str) -> bool {
        let Value::Map(entries) = self else { return false };
        let before = entries.len();
        entries.retain(|(name, _)| name != key);
        entries.len() < before
    }

    /// Says whether it is neither a mapping nor a list.
    pub fn is_scalar(&self) -> bool {
        !matches!(self, Value::List(_) | Value::Map(_))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Value::Bool(yes)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Value::Number(number.into())
    }
}

impl From<&Node> for Value {
    fn from(node: &Node) -> Self {
        match &node.content {
            Content::Null => Value::Null,
            Content::Bool(yes) => Value::Bool(*yes),
            Content::Number(number) => Value::Number(number.clone()),
            Content::Text(text) => Value::Text(text.clone()),
            Content::List(elements) => Value::List(elements.iter().map(Value::from).collect()),
            Content::Map(entries) => Value::Map(
                entries.iter().map(|entry| (entry.key.clone(), Value::from(&entry.value))).collect(),
            ),
        }
    }
}

/// Says whether a node means a value; the order of keys is no part of a meaning.
pub(super) fn means(node: &Node, value: &Value) -> bool {
    match (&node.content, value) {
        (Content::Null, Value::Null) => true,
        (Content::Bool(one), Value::Bool(other)) => one == other,
        (Content::Number(one), Value::Number(other)) => one == other,
        (Content::Text(one), Value::Text(other)) => one == other,
        (Content::List(elements), Value::List(values)) => {
            elements.len() == values.len()
                && elements.iter().zip(values).all(|(element, value)| means(element, value))
        }
        (Content::Map(entries), Value::Map(values)) => {
            entries.len() == values.len()
                && entries.iter().zip(values).all(|(entry, (key, value))| {
                    if entry.key == *key {
                        return means(&entry.value, value);
                    }
                    // an edit puts keys where they fit, so the order may differ
                    values
                        .iter()
                        .find(|(name, _)| *name == entry.key)
                        .is_some_and(|(_, value)| means(&entry.value, value))
                })
        }
        _ => false,
    }
}

/// Says whether two nodes mean the same, wherever they stand.
pub(super) fn agree(one: &Node, other: &Node) -> bool {
    match (&one.content, &other.content) {
        (Content::List(these), Content::List(those)) => {
            these.len() == those.len() && these.iter().zip(those).all(|(one, other)| agree(one, other))
        }
        (Content::Map(these), Content::Map(those)) => {
            these.len() == those.len()
                && these
                    .iter()
                    .zip(those)
                    .all(|(one, other)| one.key == other.key && agree(&one.value, &other.value))
        }
        (one, other) => one == other,
    }
}
