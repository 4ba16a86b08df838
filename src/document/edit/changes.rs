//! From a node and the value that it should have to the replacements in the text that make it so.
//!
//! Parts that have their value already are not touched. Lists are compared part by part: what is gone is taken out, what is new is put
//! in behind its neighbour, and what has the same name on both sides is changed where it stands.

use super::EditError;
use super::habits::Kin;
use super::layout::{Form, Layout, Spot};
use super::style::Style;
use crate::document::tree::{Content, Entry, Node};
use crate::document::value::{Value, means};

/// Keys by which the entries of a list are known to their owners.
const NAMES: [&str; 6] = ["job_name", "name", "alert", "record", "receiver", "url"];
/// Parts of a list in the middle of which common ones are looked for; longer ones are paired by place.
const MOST_COMPARED: usize = 1_000;

/// A range of the text with what is to stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Replacement {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) text: String,
}

/// Collects replacements.
#[derive(Debug)]
pub(super) struct Changes<'a> {
    pub(super) layout: Layout<'a>,
    pub(super) style: Style,
    pub(super) replacements: Vec<Replacement>,
}

/// A part of a list: as it is, as it shall be, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Both; they may differ inside.
    Both(usize, usize),
    /// The old one goes.
    Gone(usize),
    /// The new one comes.
    New(usize),
}

impl Changes<'_> {
    pub(super) fn replace(&mut self, start: usize, end: usize, text: impl Into<String>) {
        self.replacements.push(Replacement { start, end, text: text.into() });
    }

    /// Returns the text with all replacements made.
    pub(super) fn applied(mut self) -> String {
        // a stable sort: what is put at one place keeps its order
        self.replacements.sort_by_key(|replacement| (replacement.start, replacement.end));
        let mut text = String::with_capacity(self.layout.text.len() + 1024);
        let mut at = 0;
        for Replacement { start, end, text: new } in &self.replacements {
            text.push_str(self.layout.text.get(at..*start).unwrap_or_default());
            text.push_str(new);
            at = at.max(*end);
        }
        text.push_str(self.layout.text.get(at..).unwrap_or_default());
        text
    }

    /// Makes a node have a value. `behind`: the colon, dash or bracket before it; `owner`: the column of its key or dash; `None` in brackets.
    pub(super) fn set(
        &mut self,
        behind: usize,
        owner: Option<usize>,
        node: &Node,
        new: &Value,
        kin: Kin<'_>,
    ) -> Result<(), EditError> {
        if means(node, new) {
            return Ok(());
        }
        let spot = self.layout.spot(behind, node);
        match (&node.content, new, spot.form, owner) {
            (Content::Map(entries), Value::Map(values), Form::Block, _) if !values.is_empty() => {
                self.block_map(spot, entries, values, kin)
            }
            (Content::List(elements), Value::List(values), Form::Block, _) if !values.is_empty() => {
                self.block_list(spot, elements, values, kin)
            }
            (Content::Map(_), Value::Map(_), Form::Flow, _) => self.flow_map(node, new, kin),
            (Content::List(elements), Value::List(_), Form::Block, Some(_))
                if self.can_be_emptied(behind, spot) =>
            {
                self.empty_list(behind, spot, elements);
                Ok(())
            }
            (Content::List(elements), Value::List(values), Form::Flow, Some(owner))
                if elements.is_empty() && !values.is_empty() =>
            {
                self.whole(behind, owner, spot, new, kin)
            }
            (Content::List(_), Value::List(_), Form::Flow, _) => self.flow_list(node, new, kin),
            (_, _, _, Some(owner)) => self.whole(behind, owner, spot, new, kin),
            (_, _, _, None) => {
                let word = self.in_brackets(spot, new, kin);
                let gap = if self.layout.text.get(..behind).is_some_and(|text| text.ends_with(':'))
                    && spot.form == Form::Absent
                {
                    " "
                } else {
                    ""
                };
                self.replace(spot.start, spot.end, format!("{gap}{word}"));
                Ok(())
            }
        }
    }

    /// Writes a value into brackets, with the quotes that were there.
    fn in_brackets(&self, spot: Spot, new: &Value, kin: Kin<'_>) -> String {
        match (self.quote_at(spot), new) {
            (Some(quote), Value::Text(text)) => self.style.quoted(text, quote),
            _ => self.style.flow(new, kin),
        }
    }

    fn quote_at(&self, spot: Spot) -> Option<char> {
        let first = self.layout.text.get(spot.start..)?.chars().next()?;
        (spot.form == Form::Scalar && matches!(first, '"' | '\'')).then_some(first)
    }

    /// Replaces a value as a whole; a comment on the line of its key stays there.
    fn whole(
        &mut self,
        behind: usize,
        owner: usize,
        spot: Spot,
        new: &Value,
        kin: Kin<'_>,
    ) -> Result<(), EditError> {
        let absent = spot.form == Form::Absent;
        let inline = match (self.quote_at(spot), new) {
            (Some(quote), Value::Text(text)) if !text.contains('\n') => Some(self.style.quoted(text, quote)),
            (_, Value::Text(text)) if super::render::literal(text).is_some() => None,
            // a list that was in brackets stays there, if it has only words
            (_, Value::List(elements))
                if spot.form == Form::Flow && elements.iter().all(Value::is_scalar) =>
            {
                (!self.has_only_brackets(spot) || self.style.has_flow_lists(kin))
                    .then(|| self.style.flow(new, kin))
            }
            _ => self.style.inline(owner + 8, new, kin),
        };
        let on_line = self.layout.line_start(spot.start) == self.layout.line_start(behind) || absent;
        if let Some(inline) = inline {
            if absent {
                let gap = if inline.is_empty() { "" } else { " " };
                self.replace(spot.end, spot.end, format!("{gap}{inline}"));
            } else if new.is_scalar() && !inline.is_empty() && matches!(spot.form, Form::Scalar | Form::Alias)
            {
                self.replace(spot.start, spot.end, inline);
            } else if spot.form == Form::Block || !on_line {
                // from the colon on: the lines below go
                self.replace(spot.start.min(self.layout.line_end(behind)).max(behind), spot.end, "");
                self.replace(behind, behind, format!(" {inline}"));
            } else if inline.is_empty() {
                self.replace(behind, spot.end, "");
            } else {
                self.replace(spot.start, spot.end, inline);
            }
            return Ok(());
        }
        self.below(behind, owner, spot, new, kin)
    }

    fn has_only_brackets(&self, spot: Spot) -> bool {
        self.layout.text.get(spot.start + 1..spot.end - 1).is_some_and(|inner| inner.trim().is_empty())
    }

    /// Puts lines below a key (or dash) in the place of its value.
    fn below(
        &mut self,
        behind: usize,
        owner: usize,
        spot: Spot,
        new: &Value,
        kin: Kin<'_>,
    ) -> Result<(), EditError> {
        let newline = self.style.newline;
        if let Value::Text(text) = new
            && let Some((header, body)) = super::render::literal(text)
        {
            let inner = " ".repeat(owner + self.style.map_indent(kin));
            let lines =
                body.map(|line| if line.is_empty() { String::new() } else { format!("{inner}{line}") });
            let lines: Vec<String> = lines.collect();
            let text = format!("{header}{newline}{}", lines.join(newline));
            if spot.form == Form::Absent {
                self.replace(spot.end, spot.end, format!(" {text}"));
            } else if spot.form == Form::Scalar && self.layout.line_end(spot.end) != spot.end {
                // a comment behind the old word stays behind the header
                let end = self.layout.line_end(spot.end);
                self.replace(spot.start, spot.end, header);
                self.replace(end, end, format!("{newline}{}", lines.join(newline)));
            } else {
                self.replace(spot.start, spot.end, text);
            }
            return Ok(());
        }
        let is_dash = self.layout.text.get(..behind).is_some_and(|text| text.ends_with('-'));
        let inner = match new {
            _ if is_dash => owner + 2,
            Value::List(_) => owner + self.style.list_indent(kin),
            _ => owner + self.style.map_indent(kin),
        };
        let lines = self.style.body(inner, new, kin).join(newline);
        match spot.form {
            Form::Block => self.replace(
                self.layout.line_start(spot.start).max(behind),
                spot.end,
                if is_dash { format!(" {}", lines.trim_start()) } else { lines },
            ),
            Form::BlockScalar => self.replace(spot.start, spot.end, format!("{newline}{lines}")),
            _ if is_dash => self.replace(behind, spot.end, format!(" {}", lines.trim_start())),
            _ => {
                // `key: old # why` keeps its comment
                let end = self.layout.line_end(spot.end);
                let start =
                    if spot.form == Form::Absent { spot.end } else { self.behind_properties(behind, spot) };
                self.replace(start, spot.end, "");
                self.replace(end, end, format!("{newline}{lines}"));
            }
        }
        Ok(())
    }

    /// Returns where the blank before a value begins, behind an anchor or tag.
    fn behind_properties(&self, behind: usize, spot: Spot) -> usize {
        let before = self.layout.text.get(behind..spot.start).unwrap_or_default();
        behind + before.trim_end().len()
    }

    fn block_map(
        &mut self,
        spot: Spot,
        entries: &[Entry],
        values: &[(String, Value)],
        kin: Kin<'_>,
    ) -> Result<(), EditError> {
        let column = self.layout.column(spot.start);
        if let Some(entry) = entries.iter().find(|entry| self.layout.is_explicit(entry)) {
            return Err(EditError::hard(entry.key_span.start, "its keys are written with `?`"));
        }
        let value_of = |key: &str| values.iter().find(|(name, _)| name == key).map(|(_, value)| value);
        if !entries.iter().any(|entry| value_of(&entry.key).is_some()) {
            return Err(EditError::hard(spot.start, "none of its keys would stay"));
        }
        for (index, entry) in entries.iter().enumerate() {
            match value_of(&entry.key) {
                Some(value) => self.set(
                    self.layout.colon(entry) + 1,
                    Some(column),
                    &entry.value,
                    value,
                    kin.under(&entry.key),
                )?,
                None => self.remove_entry(entries, index, column),
            }
        }
        let has = |key: &str| entries.iter().position(|entry| entry.key == key);
        let (Some(last), is_airy) = (entries.last(), self.is_apart(entries, column)) else { return Ok(()) };
        for (at, (key, value)) in values.iter().enumerate().filter(|(_, (key, _))| has(key).is_none()) {
            // behind the nearest key before it that is there and stays
            let before = values[..at].iter().rev().find_map(|(key, _)| has(key));
            let before = before.or_else(|| entries.iter().position(|entry| value_of(&entry.key).is_some()));
            let Some(entry) = before.and_then(|before| entries.get(before)) else { continue };
            let behind = self.layout.line_end(self.layout.entry(entry).end);
            let end = self.layout.comments_below(behind, column);
            let lines = self.style.key_lines(column, key, value, kin);
            let blank = if entry.key == last.key && is_airy { self.style.newline } else { "" };
            let text = lines.iter().map(|line| format!("{}{line}", self.style.newline)).collect::<String>();
            self.replace(end, end, format!("{blank}{text}"));
        }
        Ok(())
    }

    /// Says whether blank lines stand between the keys of a mapping.
    fn is_apart(&self, entries: &[Entry], column: usize) -> bool {
        let [_, .., last] = entries else { return false };
        let line = self.layout.line_start(self.layout.key_start(last));
        self.layout.is_blank_above(self.layout.comment_above(line, column))
    }

    /// Takes out an entry with the comment that stands directly above it.
    fn remove_entry(&mut self, entries: &[Entry], index: usize, column: usize) {
        let Some(entry) = entries.get(index) else { return };
        let start = self.layout.key_start(entry);
        let end = self.layout.comments_below(self.layout.line_end(self.layout.entry(entry).end), column);
        if self.layout.begins_line(start) {
            let line = self.layout.line_start(start);
            let begin = self.layout.comment_above(line, column);
            let previous_end = index.checked_sub(1).map(|previous| self.layout.entry(&entries[previous]).end);
            let (begin, end) = self.with_blanks(begin, end, previous_end, index + 1 < entries.len());
            self.remove_lines(begin, end);
            return;
        }
        // the first key behind a dash: the next one moves up
        match entries.get(index + 1).map(|next| self.layout.key_start(next)) {
            Some(next) if self.layout.text.get(end..next).is_some_and(|gap| gap.trim().is_empty()) => {
                self.replace(start, next, "");
            }
            _ => self.replace(start, end, ""),
        }
    }

    /// Takes out whole lines from the beginning of one to the end of another.
    pub(super) fn remove_lines(&mut self, begin: usize, end: usize) {
        let next = self.layout.next_line(end);
        let has_no_break = next == self.layout.text.len() && !self.layout.text.ends_with('\n');
        if has_no_break && begin > 0 && !self.layout.is_blank_above(begin) {
            // the last line has no break: the one before gives its own
            let before = self.layout.text.get(..begin).unwrap_or_default();
            let kept =
                before.strip_suffix('\n').map_or(before, |text| text.strip_suffix('\r').unwrap_or(text));
            self.replace(kept.len(), next, "");
        } else {
            self.replace(begin, next, "");
        }
    }
}

/// Compares a list with what it shall be.
pub(super) fn align(elements: &[Node], values: &[Value]) -> Vec<Step> {
    let head = elements.iter().zip(values).take_while(|(element, value)| means(element, value)).count();
    let rest = elements[head..].iter().rev().zip(values[head..].iter().rev());
    let tail = rest.take_while(|(element, value)| means(element, value)).count();
    let (old, new) = (&elements[head..elements.len() - tail], &values[head..values.len() - tail]);
    let mut steps: Vec<Step> = (0..head).map(|at| Step::Both(at, at)).collect();
    steps.extend(middle(old, new).into_iter().map(|step| match step {
        Step::Both(one, other) => Step::Both(one + head, other + head),
        Step::Gone(one) => Step::Gone(one + head),
        Step::New(other) => Step::New(other + head),
    }));
    let (from, to) = (elements.len() - tail, values.len() - tail);
    steps.extend((0..tail).map(|at| Step::Both(from + at, to + at)));
    steps
}

/// Pairs what is equal or has the same name, in order; what is left between two pairs is paired by place when it is as many.
fn middle(old: &[Node], new: &[Value]) -> Vec<Step> {
    let mut pairs = Vec::new();
    if old.len() * new.len() <= MOST_COMPARED * MOST_COMPARED {
        let mut from = 0;
        for (to, value) in new.iter().enumerate() {
            let found = old[from..].iter().position(|node| is_same(node, value));
            if let Some(found) = found {
                pairs.push((from + found, to));
                from += found + 1;
            }
        }
    }
    pairs.push((old.len(), new.len()));
    let mut steps = Vec::new();
    let (mut at, mut to) = (0, 0);
    for (one, other) in pairs {
        if one - at == other - to {
            steps.extend((0..one - at).map(|step| Step::Both(at + step, to + step)));
        } else {
            steps.extend((at..one).map(Step::Gone));
            steps.extend((to..other).map(Step::New));
        }
        if one < old.len() {
            steps.push(Step::Both(one, other));
        }
        (at, to) = (one + 1, other + 1);
    }
    steps
}

/// Says whether two parts are the same thing, though it may have changed: by name, where it has one.
fn is_same(node: &Node, value: &Value) -> bool {
    let name = NAMES.iter().find_map(|key| node.entry(key).map(|entry| (key, entry)));
    match name {
        Some((key, entry)) => value.get(key).is_some_and(|other| means(&entry.value, other)),
        None => means(node, value),
    }
}
