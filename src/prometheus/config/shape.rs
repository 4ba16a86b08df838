//! The words in which the tables of fields are written: kinds, fields, sections, versions.
//!
//! It knows nothing of any particular file.

use super::FileKind;
use super::fields::Fields;
use super::walk::Walk;

/// A version of a server, major and minor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The number before the first dot.
    pub major: u16,
    /// The number behind it.
    pub minor: u16,
}

impl Version {
    /// Makes a version: `Version::new(2, 42)` is 2.42, the oldest that is supported (Debian 12).
    pub const fn new(major: u16, minor: u16) -> Self {
        Version { major, minor }
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}.{}", self.major, self.minor)
    }
}

impl std::str::FromStr for Version {
    type Err = String;

    /// Reads `2.42`, `2.42.0+ds` or `v3.1.0-rc.1`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.trim().trim_start_matches('v').split(['.', '-', '+']);
        let mut number = || parts.next().and_then(|part| part.parse().ok());
        match (number(), number()) {
            (Some(major), Some(minor)) => Ok(Version { major, minor }),
            _ => Err(format!("`{text}` is no version such as 2.42")),
        }
    }
}

/// What holds between the fields of a section.
pub(super) type Rule = for<'a> fn(&mut Walk<'a>, &Fields<'a>);

/// What holds for one value.
pub(super) type ValueRule = for<'a> fn(&mut Walk<'a>, &str, &'a crate::document::Node);

/// What a value may be.
pub(super) enum Kind {
    /// Any single value: a number or a truth value counts as its text.
    Text,
    /// Yes or no, without quotes.
    Bool,
    /// A whole number, not negative.
    Uint,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// A duration as Prometheus writes it: `1h30m`.
    Duration,
    /// The same, but not zero.
    PositiveDuration,
    /// A duration as Go writes it: `1m30s`, `1.5h`.
    GoDuration,
    /// A size: `10MB`.
    Size,
    /// A regular expression (RE2).
    Regex,
    /// The name of a label.
    LabelName,
    /// An address that Go can parse; it may be relative.
    Url,
    /// An address with `http` or `https` and a host.
    HttpUrl,
    /// A `host:port`.
    HostPort,
    /// A file without which the server refuses the configuration, or can't do what it is there for.
    NeededFile,
    /// A file that is read later.
    File,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A list.
    List(&'static Kind),
    /// A mapping with free keys.
    Map(&'static Kind),
    /// A mapping of label names to texts.
    Labels,
    /// A mapping with known fields.
    Section(&'static Section),
    /// Anything.
    Any,
    /// What a function judges alone.
    Judged(ValueRule),
}

/// A field of a section.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// The first version that has it, when that is later than the oldest supported one.
    pub(super) since: Option<Version>,
    /// The same for Alertmanager, where both servers have the field.
    since_alertmanager: Option<Version>,
    /// The first version that doesn't have it any more.
    pub(super) until: Option<Version>,
    pub(super) required: bool,
}

impl Field {
    /// Makes a field that all supported versions have and that may be left out.
    pub(super) const fn new(name: &'static str, kind: Kind) -> Field {
        Field { name, kind, since: None, since_alertmanager: None, until: None, required: false }
    }

    pub(super) const fn since(mut self, major: u16, minor: u16) -> Field {
        self.since = Some(Version { major, minor });
        self
    }

    /// The first version of Alertmanager that has a field of both servers.
    pub(super) const fn alertmanager(mut self, major: u16, minor: u16) -> Field {
        self.since_alertmanager = Some(Version { major, minor });
        self
    }

    /// Returns the first version that has it, of the server whose file it stands in.
    pub(super) fn since_for(&self, kind: FileKind) -> Option<Version> {
        let other = self.since_alertmanager.filter(|_| kind == FileKind::Alertmanager);
        other.or(self.since)
    }

    pub(super) const fn until(mut self, major: u16, minor: u16) -> Field {
        self.until = Some(Version { major, minor });
        self
    }

    /// It must be there, and not be empty.
    pub(super) const fn required(mut self) -> Field {
        self.required = true;
        self
    }
}

pub(super) const fn text(name: &'static str) -> Field {
    Field::new(name, Kind::Text)
}

/// A text that must never be shown. It is checked like any other; the name says it to the reader of the table.
pub(super) const fn secret(name: &'static str) -> Field {
    Field::new(name, Kind::Text)
}

pub(super) const fn flag(name: &'static str) -> Field {
    Field::new(name, Kind::Bool)
}

pub(super) const fn uint(name: &'static str) -> Field {
    Field::new(name, Kind::Uint)
}

pub(super) const fn int(name: &'static str) -> Field {
    Field::new(name, Kind::Int)
}

pub(super) const fn duration(name: &'static str) -> Field {
    Field::new(name, Kind::Duration)
}

pub(super) const fn file(name: &'static str) -> Field {
    Field::new(name, Kind::File)
}

pub(super) const fn texts(name: &'static str) -> Field {
    Field::new(name, Kind::List(&Kind::Text))
}

pub(super) const fn one_of(name: &'static str, words: &'static [&'static str]) -> Field {
    Field::new(name, Kind::OneOf(words))
}

pub(super) const fn section(name: &'static str, section: &'static Section) -> Field {
    Field::new(name, Kind::Section(section))
}

/// A mapping with known fields.
pub(super) struct Section {
    /// What it is called in sentences, with its article.
    pub(super) title: &'static str,
    /// Its own fields, by name.
    pub(super) fields: &'static [Field],
    /// Fields that it has in common with other sections, each table by name.
    pub(super) shared: &'static [&'static [Field]],
    /// What holds between its fields.
    pub(super) rule: Option<Rule>,
}

impl Section {
    /// Returns the field of a name.
    pub(super) fn field(&self, name: &str) -> Option<&'static Field> {
        self.tables().find_map(|fields| {
            let at = fields.binary_search_by(|field| field.name.cmp(name)).ok()?;
            fields.get(at)
        })
    }

    pub(super) fn all_fields(&self) -> impl Iterator<Item = &'static Field> {
        self.tables().flatten()
    }

    fn tables(&self) -> impl Iterator<Item = &'static [Field]> {
        std::iter::once(self.fields).chain(self.shared.iter().copied())
    }
}

/// A field of a file, for completion and for tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownField {
    /// The way to it from the root of the file.
    pub path: String,
    /// The first version that has it, when that is later than the oldest supported one.
    pub since: Option<Version>,
    /// The first version that doesn't have it any more.
    pub until: Option<Version>,
}

/// Lists the fields of a section and of those in it; a section that contains itself is listed once.
pub(super) fn list_fields(
    file: FileKind,
    section: &'static Section,
    path: &str,
    above: &mut Vec<&'static str>,
    known: &mut Vec<KnownField>,
) {
    if above.contains(&section.title) {
        return;
    }
    above.push(section.title);
    for field in section.all_fields() {
        let dot = if path.is_empty() { "" } else { "." };
        let mut path = format!("{path}{dot}{}", field.name);
        known.push(KnownField { path: path.clone(), since: field.since_for(file), until: field.until });
        let mut kind = &field.kind;
        loop {
            match kind {
                Kind::List(inner) => {
                    path.push_str("[]");
                    kind = inner;
                }
                Kind::Map(inner) => {
                    path.push_str("{}");
                    kind = inner;
                }
                Kind::Section(inner) => {
                    list_fields(file, inner, &path, above, known);
                    break;
                }
                _ => break,
            }
        }
    }
    above.pop();
}
