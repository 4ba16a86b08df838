//! The walk through a file beside its table: unknown fields, fields of other versions, values of the wrong kind.
//!
//! What holds between fields is left to the rules that the tables name.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::document::{Content, Entry, Finding, Node, Severity, Source, Span, nearest};

use super::fields::{Fields, heading, is_empty};
use super::shape::{Field, Kind, Section, Version};
use super::words::{self, Number};
use super::{FileKind, MISSING_FILE, Surroundings, inner_span, merges, urls};
use crate::promql::re2;

/// Returns a single value as the text that a server reads.
pub(in crate::prometheus) fn word(source: &Source, node: &Node) -> Option<String> {
    written_word(source, node).map(Cow::into_owned)
}

fn written_word<'a>(source: &'a Source, node: &'a Node) -> Option<Cow<'a, str>> {
    match &node.content {
        Content::Text(text) => Some(Cow::Borrowed(text)),
        Content::Bool(_) | Content::Number(_) => {
            let written = source.text().get(node.span.start..node.span.end)?.trim();
            // behind an alias stands the alias
            let value = || node.to_json().to_string();
            Some(if written.starts_with('*') { Cow::Owned(value()) } else { Cow::Borrowed(written) })
        }
        Content::Null => Some(Cow::Borrowed("")),
        Content::List(_) | Content::Map(_) => None,
    }
}

/// What the whole of a file is called in sentences.
pub(super) const THIS_FILE: &str = "this file";

/// What is known on the way through one file.
pub(super) struct Walk<'a> {
    pub(super) source: &'a Source,
    pub(super) surroundings: &'a Surroundings<'a>,
    pub(super) findings: Vec<Finding>,
    pub(super) kind: FileKind,
    /// Regular expressions that are right: large files repeat few of them.
    regexes: HashSet<&'a str>,
    /// What was meant by an unknown key of a section: large files repeat their mistakes as well.
    meant: HashMap<(&'static str, &'a str), Option<&'static str>>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(source: &'a Source, kind: FileKind, surroundings: &'a Surroundings<'a>) -> Self {
        let (regexes, meant) = Default::default();
        Walk { source, surroundings, findings: Vec::new(), kind, regexes, meant }
    }

    pub(super) fn error(&mut self, code: &str, span: Span, message: impl Into<String>) {
        self.findings.push(self.source.finding(Severity::Error, code, span, message, None));
    }

    pub(super) fn error_hint(
        &mut self,
        code: &str,
        span: Span,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.tell(Severity::Error, code, span, message, hint);
    }

    pub(super) fn warn(
        &mut self,
        code: &str,
        span: Span,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.tell(Severity::Warning, code, span, message, hint);
    }

    pub(super) fn tell(
        &mut self,
        severity: Severity,
        code: &str,
        span: Span,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.findings.push(self.source.finding(severity, code, span, message, Some(hint.into())));
    }

    /// Says whether the server is known to be at least of a version.
    pub(super) fn server_is(&self, major: u16, minor: u16) -> bool {
        self.surroundings.server.is_some_and(|server| server >= Version::new(major, minor))
    }

    /// Says whether the server is known to be older than a version.
    pub(super) fn server_is_before(&self, major: u16, minor: u16) -> bool {
        self.surroundings.server.is_some_and(|server| server < Version::new(major, minor))
    }

    fn server_name(&self) -> &'static str {
        if self.kind == FileKind::Alertmanager { "Alertmanager" } else { "Prometheus" }
    }

    /// Returns a single value as the text that a server reads: a number as it is written. `None` for anything else.
    pub(super) fn word(&self, node: &'a Node) -> Option<Cow<'a, str>> {
        written_word(self.source, node)
    }

    /// Says whether a text is in quotes or a block: then it is never a number or a truth value.
    fn is_quoted(&self, node: &Node) -> bool {
        let first = self.source.text().as_bytes().get(node.span.start);
        matches!(first, Some(b'\'' | b'"' | b'|' | b'>'))
    }

    /// Checks one value. `name` is the field's in sentences.
    pub(super) fn value(&mut self, name: &str, kind: &'static Kind, node: &'a Node) {
        if node.content == Content::Null && !matches!(kind, Kind::Judged(_)) {
            return;
        }
        match kind {
            Kind::Any => {}
            Kind::Judged(rule) => rule(self, name, node),
            Kind::Section(section) => self.section(section, node),
            Kind::List(inner) => self.list(name, inner, node),
            Kind::Map(inner) => self.map(name, inner, node),
            Kind::Labels => self.labels(name, node),
            Kind::Bool => self.bool(name, node),
            Kind::Uint | Kind::Int | Kind::Float => self.number(name, kind, node),
            _ => self.text(name, kind, node),
        }
    }

    pub(super) fn wrong_type(&mut self, name: &str, wanted: &str, node: &Node) {
        let subject = if name == THIS_FILE { name.to_owned() } else { words::quoted(name) };
        self.wrong_kind(&subject, wanted, node);
    }

    /// Says that a part is not what it must be; `subject` stands in the sentence as it is.
    fn wrong_kind(&mut self, subject: &str, wanted: &str, node: &Node) {
        let is = match &node.content {
            Content::Null => "nothing",
            Content::Bool(_) => "a truth value",
            Content::Number(_) => "a number",
            Content::Text(_) => "a text",
            Content::List(_) => "a list",
            Content::Map(_) => "a mapping",
        };
        self.error("wrong-type", heading(node), format!("{subject} must be {wanted}, not {is}"));
    }

    /// Checks a mapping with known fields.
    pub(super) fn section(&mut self, section: &'static Section, node: &'a Node) {
        let Some((fields, wrong_merge)) = Fields::of(node) else {
            return self.wrong_kind(section.title, "a mapping of fields", node);
        };
        if let Some(span) = wrong_merge {
            self.error_hint(
                "wrong-merge",
                span,
                "`<<` takes a mapping or a list of mappings",
                "write `<<: *name`, with `&name` at a mapping above",
            );
        }
        merges::in_section(self, section, &fields);
        for entry in fields.iter() {
            match section.field(&entry.key) {
                Some(field) => {
                    self.age(field, entry);
                    self.value(field.name, &field.kind, &entry.value);
                }
                None => self.unknown(section, entry),
            }
        }
        for field in section.all_fields().filter(|field| field.required) {
            match fields.entry(field.name) {
                Some(entry) if !is_empty(&entry.value) => {}
                Some(entry) => {
                    let message = format!("`{}` of {} is empty", field.name, section.title);
                    self.error("missing-key", entry.key_span, message);
                }
                None => {
                    let message = format!("`{}` is missing in {}", field.name, section.title);
                    self.error("missing-key", fields.span(), message);
                }
            }
        }
        if let Some(rule) = section.rule {
            rule(self, &fields);
        }
    }

    fn unknown(&mut self, section: &'static Section, entry: &'a Entry) {
        let message = format!("unknown key `{}` in {}", entry.key, section.title);
        let near = *self
            .meant
            .entry((section.title, &entry.key))
            .or_insert_with(|| nearest(&entry.key, section.all_fields().map(|field| field.name)));
        let hint = match near {
            Some(near) => Some(format!("did you mean `{near}`?")),
            None if entry.key.starts_with("x-") || entry.key.starts_with('.') => Some(format!(
                "{} takes no keys of one's own; put the anchor where it is used first",
                self.server_name()
            )),
            None => None,
        };
        self.findings.push(self.source.finding(
            Severity::Error,
            "unknown-key",
            entry.key_span,
            message,
            hint,
        ));
    }

    /// Says when a field is not one of the server's version.
    fn age(&mut self, field: &Field, entry: &Entry) {
        let Some(server) = self.surroundings.server else { return };
        let name = self.server_name();
        if let Some(since) = field.since_for(self.kind).filter(|since| server < *since) {
            let message = format!("`{}` exists since {name} {since}; the server is {server}", field.name);
            self.error("newer-key", entry.key_span, message);
        }
        if let Some(until) = field.until.filter(|until| server >= *until) {
            let message = format!("`{}` is gone since {name} {until}; the server is {server}", field.name);
            self.error("gone-key", entry.key_span, message);
        }
    }

    fn list(&mut self, name: &str, inner: &'static Kind, node: &'a Node) {
        let Content::List(elements) = &node.content else {
            let wanted = "a list";
            self.wrong_type(name, wanted, node);
            return;
        };
        for element in elements {
            if element.content == Content::Null && matches!(inner, Kind::Section(_)) {
                let message = format!("an entry of `{name}` is empty");
                self.error_hint("empty-entry", element.span, message, "fill it in, or remove its dash");
            } else {
                self.value(name, inner, element);
            }
        }
    }

    fn map(&mut self, name: &str, inner: &'static Kind, node: &'a Node) {
        let Some((fields, _)) = Fields::of(node) else {
            return self.wrong_type(name, "a mapping", node);
        };
        merges::in_map(self, &fields);
        for entry in fields.iter() {
            self.value(&entry.key, inner, &entry.value);
        }
    }

    /// Checks a mapping of label names to texts.
    pub(super) fn labels(&mut self, name: &str, node: &'a Node) {
        let Some((fields, _)) = Fields::of(node) else {
            return self.wrong_type(name, "a mapping of labels", node);
        };
        merges::in_map(self, &fields);
        for entry in fields.iter() {
            self.label_name(&entry.key, entry.key_span);
            self.value(&entry.key, &Kind::Text, &entry.value);
        }
    }

    /// Checks the name of a label. Since Prometheus 3 and Alertmanager 0.27 any text is one (UTF-8 names).
    pub(super) fn label_name(&mut self, name: &str, span: Span) {
        if words::is_label_name(name) {
            return;
        }
        let (major, minor) = if self.kind == FileKind::Alertmanager { (0, 27) } else { (3, 0) };
        if name.is_empty() || self.server_is_before(major, minor) {
            self.classic_label_name(name, span);
        } else if !self.server_is(major, minor) {
            let server = self.server_name();
            let message = format!("`{name}` is a label name since {server} {major}.{minor} only");
            self.warn("utf8-label", span, message, "use letters, digits and `_`, no digit first");
        }
    }

    /// Checks the name of a label where only the classic names are taken.
    pub(super) fn classic_label_name(&mut self, name: &str, span: Span) {
        if !words::is_label_name(name) {
            let message = format!("`{name}` is no label name");
            self.error_hint("wrong-label", span, message, "use letters, digits and `_`, no digit first");
        }
    }

    fn bool(&mut self, name: &str, node: &'a Node) {
        match &node.content {
            Content::Bool(_) => {}
            Content::Text(text) if words::is_bool(text) && !self.is_quoted(node) => {}
            Content::Text(text) if words::is_bool(text) => {
                let message = format!("`{name}` must be true or false, not a text in quotes");
                self.error_hint("wrong-type", node.span, message, "remove the quotes");
            }
            _ => self.wrong_type(name, "true or false", node),
        }
    }

    fn number(&mut self, name: &str, kind: &'static Kind, node: &'a Node) {
        let wanted = match kind {
            Kind::Float => "a number",
            Kind::Uint => "a whole number from 0 on",
            _ => "a whole number",
        };
        let number = match &node.content {
            Content::Number(number) => Number::of(number),
            Content::Text(text) if !self.is_quoted(node) => Number::read(text),
            _ => None,
        };
        let Some(number) = number else { return self.wrong_type(name, wanted, node) };
        match kind {
            Kind::Uint if number.is_negative() => {
                self.error("out-of-range", node.span, format!("`{name}` must not be negative"));
            }
            Kind::Uint | Kind::Int if !number.is_whole() => {
                let message = format!("`{name}` is a whole number; the server cuts its fraction off");
                self.warn("fraction", node.span, message, "write a whole number");
            }
            _ => {}
        }
    }

    fn text(&mut self, name: &str, kind: &'static Kind, node: &'a Node) {
        let Some(word) = self.word(node) else {
            return self.wrong_type(name, wanted(kind), node);
        };
        let word: &str = &word;
        let wrong = match kind {
            Kind::Duration | Kind::PositiveDuration => return self.duration(name, kind, word, node),
            Kind::Regex => return self.regex(name, node),
            Kind::LabelName => return self.label_name(word, node.span),
            Kind::NeededFile | Kind::File => return self.file(name, kind, word, node),
            Kind::OneOf(words) => return self.one_of(name, words, word, node),
            Kind::GoDuration => words::go_duration(word).err(),
            Kind::Size => words::size(word).err(),
            Kind::Url => urls::parse(word).err(),
            Kind::HttpUrl => urls::http(word).err(),
            Kind::HostPort if !word.is_empty() => urls::host_port(word).err(),
            _ => None,
        };
        if let Some(wrong) = wrong {
            self.error("wrong-form", node.span, format!("`{name}`: {wrong}"));
        }
    }

    fn duration(&mut self, name: &str, kind: &Kind, word: &str, node: &Node) {
        match words::duration(word) {
            Ok(0) if matches!(kind, Kind::PositiveDuration) => {
                self.error("out-of-range", node.span, format!("`{name}` must not be zero"));
            }
            Ok(_) => {}
            Err(wrong) => {
                let hint = match word.trim().parse::<f64>() {
                    Ok(_) => format!("write the unit: `{}s`", word.trim()),
                    Err(_) => "write it as `15s`, `5m` or `1h30m`".to_owned(),
                };
                self.error_hint("wrong-form", node.span, format!("`{name}`: {wrong}"), hint);
            }
        }
    }

    /// Checks a regular expression, once for each that is different.
    pub(super) fn regex(&mut self, name: &str, node: &'a Node) {
        // a number as well: `regex: 5`
        let Content::Text(pattern) = &node.content else { return };
        if self.regexes.contains(pattern.as_str()) {
            return;
        }
        match re2::check(pattern) {
            Ok(_) => {
                self.regexes.insert(pattern);
            }
            Err(wrong) => {
                let span = inner_span(self.source.text(), node, wrong.at, wrong.at + 1);
                let message = format!("`{name}` is no regular expression: {wrong}");
                self.error("wrong-regex", span, message);
            }
        }
    }

    fn file(&mut self, name: &str, kind: &Kind, path: &str, node: &Node) {
        if path.is_empty() || self.surroundings.files.exists(path) {
            return;
        }
        let message = format!("the file `{path}` of `{name}` does not exist");
        if matches!(kind, Kind::NeededFile) {
            self.missing_file(node.span, message);
        } else {
            self.warn(MISSING_FILE, node.span, message, "put it there before the server needs it");
        }
    }

    /// Says that a file is not there which has to be.
    pub(super) fn missing_file(&mut self, span: Span, message: String) {
        let hint = match self.kind {
            FileKind::Alertmanager => "put it there, or correct its path",
            _ => "put it there, or say --files-elsewhere when it is on another machine",
        };
        self.error_hint(MISSING_FILE, span, message, hint);
    }

    fn one_of(&mut self, name: &str, words: &'static [&'static str], word: &str, node: &Node) {
        if words.contains(&word) {
            return;
        }
        let message = format!("{} is not one of {}", words::quoted(word), words::listed(words));
        let hint = nearest(word, words.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        let message = format!("`{name}`: {message}");
        self.findings.push(self.source.finding(Severity::Error, "unknown-word", node.span, message, hint));
    }
}

/// Says what a single value should have been.
fn wanted(kind: &Kind) -> &'static str {
    match kind {
        Kind::Duration | Kind::PositiveDuration => "a duration such as 1h30m",
        Kind::GoDuration => "a duration such as 1m30s",
        Kind::Size => "a size such as 10MB",
        Kind::Regex => "a regular expression",
        Kind::LabelName => "the name of a label",
        Kind::Url | Kind::HttpUrl => "an address (URL)",
        Kind::HostPort => "a host with its port",
        Kind::File | Kind::NeededFile => "the path of a file",
        _ => "a text",
    }
}
