//! Edits of YAML texts that change the lines they must and no others: comments, order, quotes, anchors, blank lines and line breaks stay.
//!
//! An edit is made on the text, at places that the tree knows. The result is read again and compared with what it was to mean, all
//! untouched parts included; a text that does not pass is never returned. Whether the new value makes sense is left to the caller.

mod changes;
mod habits;
mod layout;
mod lines;
mod lists;
mod render;
mod reread;
mod style;
#[cfg(test)]
mod tests;

use super::source::{Draft, Source, Step};
use super::tree::{Content, Node, Span, UNKNOWN_ALIAS};
use super::value::{Value, agree, means};
use super::{Finding, Severity};
use changes::Changes;
use habits::Kin;
use layout::{Form, Layout};
pub use lines::{read_typed, typed_name, with_mistakes, without_mistakes};
use style::Style;

/// What is to be done at a path.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// The value there becomes this one; a key that is not there is added to its mapping.
    Set(Value),
    /// This becomes the element of a list; those from there on move. Behind the last one, it is added. A list that is not there is made.
    Insert(Value),
    /// The key or element goes.
    Remove,
    /// The lines of a list's element, with the comment above it, become these; the list's own indentation is put before each.
    Lines(String),
}

/// Why a text can't be edited.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("this can't be edited in place: {reason}")]
pub struct EditError {
    /// Where it is that stands in the way.
    pub at: Span,
    /// What stands in the way.
    pub reason: String,
}

impl EditError {
    pub(super) fn hard(at: usize, reason: impl Into<String>) -> Self {
        EditError { at: Span { start: at, end: at + 1 }, reason: reason.into() }
    }

    /// Returns the error with its place in the text.
    pub fn finding(&self, source: &Source) -> Finding {
        let hint = Some("change it with an editor; enmon checks it all the same".to_owned());
        source.finding(Severity::Error, "not-editable", self.at, self.to_string(), hint)
    }
}

/// Returns the text with an edit made, as it was read again.
///
/// # Errors
/// When there is nothing at the path, or it is written in a way that can't be changed without changing other things too: behind an
/// alias, under an anchor that others use, with explicit keys.
pub fn edited(source: &Source, path: &[Step<'_>], edit: &Edit) -> Result<Source, EditError> {
    let text = edited_unchecked(source, path, edit)?;
    if let Some(after) = reread::reread(source, &text)
        && follows(source.root(), after.root(), path, edit)
    {
        return Ok(after);
    }
    let draft = Draft::read(source.file(), &text);
    let broken = draft.findings.iter().find(|finding| finding.severity == Severity::Error);
    if let Some(finding) = broken {
        let reason = match finding.place.filter(|_| finding.message.contains(UNKNOWN_ALIAS)) {
            Some(place) => {
                let says = if is_typed(source, &text, path, edit, place.start) {
                    "names nothing"
                } else {
                    "elsewhere needs an anchor in it"
                };
                format!("`{}` {says}", word_at(&text, place.start))
            }
            None => finding.message.clone(),
        };
        return Err(not_meant(source, path, &reason));
    }
    match draft.source {
        Some(after) if follows(source.root(), after.root(), path, edit) => Ok(after),
        _ => Err(not_meant(source, path, "other parts of the file would change with it")),
    }
}

/// Says whether a place of the new text is in lines that were typed.
fn is_typed(source: &Source, text: &str, path: &[Step<'_>], edit: &Edit, at: usize) -> bool {
    let Edit::Lines(_) = edit else { return false };
    let behind = |span: Span| text.len().saturating_sub(source.text().len() - span.end);
    element_span(source, path).is_ok_and(|span| (span.start..behind(span)).contains(&at))
}

fn word_at(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or_default();
    let end = rest.find(|sign: char| sign.is_whitespace() || ",]}".contains(sign));
    rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
}

fn not_meant(source: &Source, path: &[Step<'_>], reason: &str) -> EditError {
    EditError { at: source.span(path), reason: reason.to_owned() }
}

/// Where a node is held: the colon, dash or bracket before it, and the column of its key or dash outside of brackets.
#[derive(Debug, Clone, Copy)]
struct Hold<'a> {
    behind: usize,
    owner: Option<usize>,
    node: &'a Node,
    kin: Kin<'a>,
}

fn edited_unchecked(source: &Source, path: &[Step<'_>], edit: &Edit) -> Result<String, EditError> {
    let layout = Layout { text: source.text() };
    let style = Style::of(layout, source.root(), path);
    let mut changes = Changes { layout, style: style.clone(), replacements: Vec::new() };
    match (edit, path.split_last()) {
        (Edit::Set(value), None) => {
            let root = hold(layout, source, &[])?;
            changes.set(root.behind, root.owner, root.node, value, root.kin)?;
        }
        (Edit::Set(value), Some((last, above))) => {
            let parent = hold(layout, source, above)?;
            match (step_into(layout, parent, last)?, last) {
                (Some(there), _) => changes.set(there.behind, there.owner, there.node, value, there.kin)?,
                (None, Step::Key(key)) if matches!(parent.node.content, Content::Map(_) | Content::Null) => {
                    let mut whole = match Value::from(parent.node) {
                        Value::Null => Value::Map(Vec::new()),
                        whole => whole,
                    };
                    whole.set(key, value.clone());
                    changes.set(parent.behind, parent.owner, parent.node, &whole, parent.kin)?;
                }
                _ => return Err(nothing_there(source, path)),
            }
        }
        (Edit::Insert(value), Some((Step::At(index), above))) => {
            insert(&mut changes, source, above, *index, value)?
        }
        (Edit::Remove, Some((last, above))) => remove(&mut changes, source, above, last)?,
        (Edit::Lines(lines), Some((Step::At(index), above))) => {
            let (span, column) = element_lines(layout, source, above, *index)?;
            let margin = " ".repeat(column);
            let indented = lines
                .lines()
                .map(|line| if line.trim().is_empty() { String::new() } else { format!("{margin}{line}") });
            let text = indented.collect::<Vec<_>>().join(style.newline);
            changes.replace(span.start, span.end, text.trim_end());
        }
        _ => return Err(nothing_there(source, path)),
    }
    Ok(changes.applied())
}

/// Returns the lines of an element of a list that is written on lines, with the comment above it, and the column of its dash.
fn element_lines(
    layout: Layout<'_>,
    source: &Source,
    above: &[Step<'_>],
    index: usize,
) -> Result<(Span, usize), EditError> {
    let list = hold(layout, source, above)?;
    let elements = list.node.elements();
    let (start, form) = layout.begin(list.behind, list.node);
    let found = layout.elements(start, elements).nth(index).filter(|_| form == Form::Block);
    let (dash, spot) = found
        .filter(|(dash, _)| layout.begins_line(*dash))
        .ok_or_else(|| EditError::hard(start, "it has no lines of its own"))?;
    let column = layout.column(dash);
    let start = layout.element_begin(dash, column);
    let end = layout.comments_below(layout.line_end(spot.end.max(dash + 1)), column);
    Ok((Span { start, end }, column))
}

/// Returns where the lines of a list's element are, with the comment above it.
///
/// # Errors
/// When there is no such element, or it has no lines of its own.
pub fn element_span(source: &Source, path: &[Step<'_>]) -> Result<Span, EditError> {
    let Some((Step::At(index), above)) = path.split_last() else { return Err(nothing_there(source, path)) };
    Ok(element_lines(Layout { text: source.text() }, source, above, *index)?.0)
}

/// Returns the lines of a list's element, with the comment above it, as a text of its own without indentation.
///
/// # Errors
/// When there is no such element, or it has no lines of its own.
pub fn element_text(source: &Source, path: &[Step<'_>]) -> Result<String, EditError> {
    let Some((Step::At(index), above)) = path.split_last() else { return Err(nothing_there(source, path)) };
    let layout = Layout { text: source.text() };
    let (span, column) = element_lines(layout, source, above, *index)?;
    let margin = " ".repeat(column);
    let lines = source.text().get(span.start..span.end).unwrap_or_default().lines();
    Ok(lines.map(|line| format!("{}\n", line.strip_prefix(&margin).unwrap_or(line.trim_start()))).collect())
}

/// Writes a value as a text of its own.
pub fn written(value: &Value, newline: &'static str) -> String {
    let style = Style { newline, ..Style::default() };
    style.body(0, value, Kin::default()).iter().map(|line| format!("{line}{newline}")).collect()
}

/// Returns a text in which there was nothing but comments, with a value below them.
///
/// # Errors
/// When there was something all the same.
pub fn begun(file: &str, text: &str, value: &Value) -> Result<Source, EditError> {
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { newline };
    let draft = Draft::read(file, &format!("{text}{gap}{}", written(value, newline)));
    match draft.source {
        Some(after) if draft.findings.is_empty() && means(after.root(), value) => Ok(after),
        _ => Err(EditError::hard(0, "there is something else in the file")),
    }
}

fn nothing_there(source: &Source, path: &[Step<'_>]) -> EditError {
    EditError { at: source.span(path), reason: "there is no such value".to_owned() }
}

fn insert(
    changes: &mut Changes<'_>,
    source: &Source,
    above: &[Step<'_>],
    index: usize,
    value: &Value,
) -> Result<(), EditError> {
    let layout = changes.layout;
    let list = match hold(layout, source, above) {
        Ok(list) => list,
        // the list is not there yet: its key is made with it
        Err(error) => {
            let Some((Step::Key(key), above)) = above.split_last() else { return Err(error) };
            let parent = hold(layout, source, above)?;
            let mut whole = Value::from(parent.node);
            whole.set(key, Value::List(vec![value.clone()]));
            return changes.set(parent.behind, parent.owner, parent.node, &whole, parent.kin);
        }
    };
    let elements = list.node.elements();
    if index > elements.len() || !matches!(list.node.content, Content::List(_) | Content::Null) {
        return Err(nothing_there(source, above));
    }
    let (start, form) = layout.begin(list.behind, list.node);
    if form == Form::Block && !elements.is_empty() {
        let spots: Vec<_> = layout.elements(start, elements).collect();
        let column = layout.column(start);
        let is_airy = changes.is_airy(&spots, column);
        return changes.insert_element(&spots, index.checked_sub(1), column, is_airy, value, list.kin);
    }
    if form == Form::Alias {
        return Err(EditError::hard(start, "the list is an alias of another one"));
    }
    let mut values: Vec<Value> = elements.iter().map(Value::from).collect();
    values.insert(index, value.clone());
    changes.set(list.behind, list.owner, list.node, &Value::List(values), list.kin)
}

fn remove(
    changes: &mut Changes<'_>,
    source: &Source,
    above: &[Step<'_>],
    last: &Step<'_>,
) -> Result<(), EditError> {
    let layout = changes.layout;
    let parent = hold(layout, source, above)?;
    if step_into(layout, parent, last)?.is_none() {
        return Err(nothing_there(source, above));
    }
    let (start, form) = layout.begin(parent.behind, parent.node);
    if let (Step::At(index), Form::Block, elements) = (last, form, parent.node.elements())
        && elements.len() > 1
    {
        let spots: Vec<_> = layout.elements(start, elements).collect();
        return changes.remove_element(&spots, *index, layout.column(start));
    }
    let mut whole = Value::from(parent.node);
    match (last, &mut whole) {
        (Step::Key(key), whole) => {
            whole.remove(key);
        }
        (Step::At(index), Value::List(values)) => {
            values.remove(*index);
        }
        _ => {}
    }
    changes.set(parent.behind, parent.owner, parent.node, &whole, parent.kin)
}

/// Walks to a node.
fn hold<'a>(layout: Layout<'_>, source: &'a Source, path: &[Step<'_>]) -> Result<Hold<'a>, EditError> {
    let root = source.root();
    let begin = layout.line_start(root.span.start);
    let mut hold = Hold { behind: begin, owner: Some(0), node: root, kin: Kin::default() };
    for (at, step) in path.iter().enumerate() {
        hold = step_into(layout, hold, step)?.ok_or_else(|| nothing_there(source, &path[..=at]))?;
    }
    Ok(hold)
}

fn step_into<'a>(layout: Layout<'_>, from: Hold<'a>, step: &Step<'_>) -> Result<Option<Hold<'a>>, EditError> {
    let (start, form) = layout.begin(from.behind, from.node);
    if form == Form::Alias {
        return Err(EditError::hard(start, "it stands behind an alias; change what the alias names"));
    }
    let owner = (form == Form::Block).then(|| layout.column(start));
    Ok(match (step, &from.node.content) {
        (Step::Key(key), Content::Map(_)) => {
            let Some(entry) = from.node.entry(key) else { return Ok(None) };
            if owner.is_some() && layout.is_explicit(entry) {
                return Err(EditError::hard(entry.key_span.start, "its key is written with `?`"));
            }
            let kin = from.kin.under(&entry.key);
            Some(Hold { behind: layout.colon(entry) + 1, owner, node: &entry.value, kin })
        }
        (Step::At(index), Content::List(elements)) => {
            let Some(node) = elements.get(*index) else { return Ok(None) };
            let behind = match owner {
                Some(_) => layout.elements(start, elements).nth(*index).map(|(dash, _)| dash + 1),
                None => layout.flow_parts(from.node).get(*index).map(|(start, _)| *start),
            };
            behind.map(|behind| Hold { behind, owner, node, kin: from.kin })
        }
        _ => None,
    })
}

/// Says whether one tree is the other one with the edit made, and nothing else.
fn follows(before: &Node, after: &Node, path: &[Step<'_>], edit: &Edit) -> bool {
    let Some((step, rest)) = path.split_first() else {
        return match edit {
            Edit::Set(value) => means(after, value),
            Edit::Lines(_) => true,
            _ => false,
        };
    };
    match (step, &before.content, &after.content) {
        (Step::Key(key), Content::Map(old), Content::Map(new)) => {
            let others = |entries: &'_ [super::Entry]| -> Vec<usize> {
                (0..entries.len()).filter(|&at| entries[at].key != *key).collect()
            };
            let (left, right) = (others(old), others(new));
            let same = left.len() == right.len()
                && left.iter().zip(&right).all(|(&one, &other)| {
                    old[one].key == new[other].key && agree(&old[one].value, &new[other].value)
                });
            same && match (before.entry(key), after.entry(key)) {
                (Some(old), Some(new)) => follows(&old.value, &new.value, rest, edit),
                (None, Some(new)) => created(&new.value, rest, edit),
                (Some(_), None) => rest.is_empty() && *edit == Edit::Remove,
                (None, None) => false,
            }
        }
        (Step::At(index), Content::List(old), Content::List(new)) => match edit {
            Edit::Insert(value) if rest.is_empty() => {
                new.len() == old.len() + 1
                    && all_agree(&old[..*index], &new[..*index])
                    && means(&new[*index], value)
                    && all_agree(&old[*index..], &new[*index + 1..])
            }
            Edit::Remove if rest.is_empty() => {
                old.len() == new.len() + 1
                    && all_agree(&old[..*index], &new[..*index])
                    && all_agree(&old[*index + 1..], &new[*index..])
            }
            _ => {
                old.len() == new.len()
                    && *index < old.len()
                    && all_agree(&old[..*index], &new[..*index])
                    && all_agree(&old[*index + 1..], &new[*index + 1..])
                    && follows(&old[*index], &new[*index], rest, edit)
            }
        },
        (_, Content::Null, _) => created(after, path, edit),
        _ => false,
    }
}

fn all_agree(these: &[Node], those: &[Node]) -> bool {
    these.len() == those.len() && these.iter().zip(those).all(|(one, other)| agree(one, other))
}

/// Says whether a new node is what an edit makes where there was nothing.
fn created(node: &Node, path: &[Step<'_>], edit: &Edit) -> bool {
    match (path, edit, &node.content) {
        ([], Edit::Set(value), _) => means(node, value),
        ([Step::At(0)], Edit::Insert(value), Content::List(elements)) => {
            elements.len() == 1 && means(&elements[0], value)
        }
        ([Step::Key(key), rest @ ..], _, Content::Map(entries)) => {
            entries.len() == 1 && entries[0].key == *key && created(&entries[0].value, rest, edit)
        }
        _ => false,
    }
}
