//! Changes inside of lists, and inside of brackets.

use super::EditError;
use super::changes::{Changes, Step, align};
use super::habits::Kin;
use super::layout::Spot;
use crate::document::tree::{Content, Node};
use crate::document::value::Value;

/// Something that is added in brackets: behind this old part (`None`: before all).
struct Addition {
    behind: Option<usize>,
    text: String,
}

impl Changes<'_> {
    pub(super) fn block_list(
        &mut self,
        spot: Spot,
        elements: &[Node],
        values: &[Value],
        kin: Kin<'_>,
    ) -> Result<(), EditError> {
        let spots: Vec<(usize, Spot)> = self.layout.elements(spot.start, elements).collect();
        let column = self.layout.column(spot.start);
        let steps = align(elements, values);
        if !steps.iter().any(|step| matches!(step, Step::Both(..))) {
            return self.replace_all(spot, column, values, kin);
        }
        let is_airy = self.is_airy(&spots, column);
        let mut before = None;
        for step in steps {
            match step {
                Step::Both(old, new) => {
                    self.set(spots[old].0 + 1, Some(column), &elements[old], &values[new], kin)?;
                    before = Some(old);
                }
                Step::Gone(old) => self.remove_element(&spots, old, column)?,
                Step::New(new) => self.insert_element(&spots, before, column, is_airy, &values[new], kin)?,
            }
        }
        Ok(())
    }

    /// Nothing stays: the lines of the first make room for all.
    fn replace_all(
        &mut self,
        spot: Spot,
        column: usize,
        values: &[Value],
        kin: Kin<'_>,
    ) -> Result<(), EditError> {
        let lines = self.style.body(column, &Value::List(values.to_vec()), kin).join(self.style.newline);
        self.replace(spot.start, spot.end, lines.trim_start());
        Ok(())
    }

    /// Says whether blank lines stand between the parts of a list.
    pub(super) fn is_airy(&self, spots: &[(usize, Spot)], column: usize) -> bool {
        let [.., (last, _)] = spots else { return false };
        if spots.len() < 2 || !self.layout.begins_line(*last) {
            return false;
        }
        let begin = self.layout.comment_above(self.layout.line_start(*last), column);
        self.layout.is_blank_above(begin)
    }

    pub(super) fn insert_element(
        &mut self,
        spots: &[(usize, Spot)],
        behind: Option<usize>,
        column: usize,
        is_airy: bool,
        value: &Value,
        kin: Kin<'_>,
    ) -> Result<(), EditError> {
        let newline = self.style.newline;
        let lines = self.style.lines(column, "-", value, kin);
        match behind {
            Some(behind) => {
                let end = self.layout.comments_below(self.layout.line_end(spots[behind].1.end), column);
                let blank = if is_airy { newline } else { "" };
                self.replace(end, end, format!("{blank}{newline}{}", lines.join(newline)));
            }
            None => {
                let first = spots.first().map_or(0, |(dash, _)| *dash);
                if !self.layout.begins_line(first) {
                    return Err(EditError::hard(first, "its list begins behind another dash"));
                }
                let begin = self.layout.element_begin(first, column);
                let blank = if is_airy { newline } else { "" };
                self.replace(begin, begin, format!("{}{newline}{blank}", lines.join(newline)));
            }
        }
        Ok(())
    }

    /// Takes out an element with the comment directly above it, and the blank lines that set it apart.
    pub(super) fn remove_element(
        &mut self,
        spots: &[(usize, Spot)],
        index: usize,
        column: usize,
    ) -> Result<(), EditError> {
        let (dash, spot) = spots[index];
        if !self.layout.begins_line(dash) {
            return Err(EditError::hard(dash, "it stands behind another dash"));
        }
        let begin = self.layout.element_begin(dash, column);
        let end = self.layout.comments_below(self.layout.line_end(spot.end.max(dash + 1)), column);
        let has_next = spots.len() > index + 1;
        let previous_end = index.checked_sub(1).map(|previous| spots[previous].1.end);
        let (begin, end) = self.with_blanks(begin, end, previous_end, has_next);
        self.remove_lines(begin, end);
        Ok(())
    }

    /// Says whether a list stands on lines of its own below a key, so that brackets can stand behind the colon instead.
    pub(super) fn can_be_emptied(&self, behind: usize, spot: Spot) -> bool {
        let is_key = self.layout.text.get(..behind).is_some_and(|text| text.ends_with(':'));
        is_key && self.layout.begins_line(spot.start)
    }

    /// Takes out all elements, as each goes where others stay, and leaves empty brackets behind the key.
    pub(super) fn empty_list(&mut self, behind: usize, spot: Spot, elements: &[Node]) {
        let column = self.layout.column(spot.start);
        let spots: Vec<(usize, Spot)> = self.layout.elements(spot.start, elements).collect();
        let Some((last, last_spot)) = spots.last() else { return };
        let begin = self.layout.element_begin(spot.start, column);
        let end = self.layout.comments_below(self.layout.line_end(last_spot.end.max(last + 1)), column);
        let (begin, end) = self.with_blanks(begin, end, None, false);
        let at = self.layout.behind_properties(behind);
        self.replace(at, at, " []");
        self.remove_lines(begin, end);
    }

    /// Widens a range of lines over the blank ones on one side, so that what is left is set apart as before.
    pub(super) fn with_blanks(
        &self,
        begin: usize,
        end: usize,
        previous_end: Option<usize>,
        has_next: bool,
    ) -> (usize, usize) {
        let is_blank = |at: usize| {
            at < self.layout.text.len()
                && self
                    .layout
                    .text
                    .get(at..self.layout.line_end(at))
                    .is_some_and(|line| line.trim().is_empty())
        };
        let next = self.layout.next_line(end);
        if has_next && is_blank(next) && (self.layout.is_blank_above(begin) || previous_end.is_none()) {
            let mut last = next;
            while is_blank(self.layout.next_line(last)) && self.layout.next_line(last) > last {
                last = self.layout.next_line(last);
            }
            return (begin, self.layout.line_end(last));
        }
        // blank lines below `|+` are part of a text
        let floor = previous_end.unwrap_or(0);
        let mut first = begin;
        while !has_next && self.layout.is_blank_above(first) && self.layout.line_start(first - 1) > floor {
            first = self.layout.line_start(first - 1);
        }
        (first, end)
    }

    pub(super) fn flow_list(&mut self, node: &Node, new: &Value, kin: Kin<'_>) -> Result<(), EditError> {
        let (Content::List(elements), Value::List(values)) = (&node.content, new) else { return Ok(()) };
        let parts = self.layout.flow_parts(node);
        let (mut gone, mut added, mut before) = (Vec::new(), Vec::new(), None);
        for step in align(elements, values) {
            match step {
                Step::Both(old, new) => {
                    self.set(parts[old].0, None, &elements[old], &values[new], kin)?;
                    before = Some(old);
                }
                Step::Gone(old) => gone.push(old),
                Step::New(new) => {
                    let text = self.element_text(&parts, &values[new], kin);
                    added.push(Addition { behind: before, text });
                }
            }
        }
        self.bracketed(node, &parts, &gone, added);
        Ok(())
    }

    /// Writes a part with the quotes of the list's first one.
    fn element_text(&self, parts: &[(usize, usize)], value: &Value, kin: Kin<'_>) -> String {
        let first = parts.first().and_then(|(start, _)| self.layout.text.get(*start..)?.chars().next());
        match (first, value) {
            (Some(quote @ ('"' | '\'')), Value::Text(text)) => self.style.quoted(text, quote),
            _ => self.style.flow(value, kin),
        }
    }

    pub(super) fn flow_map(&mut self, node: &Node, new: &Value, kin: Kin<'_>) -> Result<(), EditError> {
        let (Content::Map(entries), Value::Map(values)) = (&node.content, new) else { return Ok(()) };
        let parts = self.layout.flow_parts(node);
        let value_of = |key: &str| values.iter().find(|(name, _)| name == key).map(|(_, value)| value);
        let mut gone = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            match value_of(&entry.key) {
                Some(value) => {
                    if parts[index].1 == entry.key_span.end && !matches!(value, Value::Null) {
                        return Err(EditError::hard(
                            entry.key_span.start,
                            "a key without a value stands in braces",
                        ));
                    }
                    self.set(self.layout.colon(entry) + 1, None, &entry.value, value, kin.under(&entry.key))?;
                }
                None => gone.push(index),
            }
        }
        let has = |key: &str| entries.iter().position(|entry| entry.key == key);
        let mut added = Vec::new();
        for (at, (key, value)) in values.iter().enumerate().filter(|(_, (key, _))| has(key).is_none()) {
            let behind = values[..at].iter().rev().find_map(|(key, _)| has(key));
            let behind = behind.filter(|behind| !gone.contains(behind));
            added.push(Addition { behind, text: self.style.flow_entry(key, value, kin) });
        }
        self.bracketed(node, &parts, &gone, added);
        Ok(())
    }

    /// Takes parts out of brackets, and puts others in, with their commas.
    fn bracketed(&mut self, node: &Node, parts: &[(usize, usize)], gone: &[usize], added: Vec<Addition>) {
        let kept: Vec<usize> = (0..parts.len()).filter(|at| !gone.contains(at)).collect();
        if kept.is_empty() {
            self.replace_parts(node, parts, &added);
            return;
        }
        for run in runs(gone) {
            self.remove_run(parts, run);
        }
        for Addition { behind, text } in added {
            // parts that go can't be neighbours
            match behind {
                Some(behind) => self.add_behind(node, parts[behind], &text),
                None => {
                    let first = parts[kept[0]].0;
                    let gap = self.gap_between(first);
                    self.replace(first, first, format!("{text},{gap}"));
                }
            }
        }
    }

    /// Nothing stays in the brackets: what comes has the blanks or the lines of what was there.
    fn replace_parts(&mut self, node: &Node, parts: &[(usize, usize)], added: &[Addition]) {
        let texts: Vec<&str> = added.iter().map(|addition| addition.text.as_str()).collect();
        let (open, close) = (node.span.start + 1, node.span.end - 1);
        let (Some(&(first, _)), Some(&(_, last)), false) = (parts.first(), parts.last(), texts.is_empty())
        else {
            self.replace(open, close, texts.join(", "));
            return;
        };
        let gap = self.gap_between(first);
        let inner = texts.join(&format!(",{gap}"));
        let is_blank = |start: usize, end: usize| {
            self.layout.text.get(start..end).is_some_and(|between| between.trim().is_empty())
        };
        if is_blank(open, first) && is_blank(last, close) {
            self.replace(first, last, inner);
            return;
        }
        // comments of what goes go along, but not the one behind the bracket
        let start = if self.layout.begins_line(first) { self.layout.line_end(open) } else { open };
        let margin = if self.layout.begins_line(first) { gap } else { String::new() };
        let behind = self.behind_comma(last);
        let comma = if behind > last { "," } else { "" };
        let end = self.layout.line_end(behind).min(close);
        self.replace(start, end, format!("{margin}{inner}{comma}"));
    }

    /// Returns what stands behind a comma before this place: a blank, or a line break and the margin.
    fn gap_between(&self, start: usize) -> String {
        if !self.layout.begins_line(start) {
            return " ".to_owned();
        }
        let margin = self.layout.text.get(self.layout.line_start(start)..start).unwrap_or_default();
        format!("{}{margin}", self.style.newline)
    }

    /// Takes out neighbours: with their lines when they have lines of their own, with one comma for each otherwise.
    fn remove_run(&mut self, parts: &[(usize, usize)], (first, last): (usize, usize)) {
        let own_lines = (first..=last).all(|index| self.has_own_lines(parts[index]));
        if own_lines {
            for &(start, end) in &parts[first..=last] {
                let line = self.layout.line_start(start);
                let begin = self.layout.comment_above(line, self.layout.column(start));
                self.remove_lines(begin, self.layout.line_end(self.behind_comma(end)));
            }
            return;
        }
        match (parts.get(last + 1), first.checked_sub(1)) {
            (Some((next, _)), _) => self.replace(parts[first].0, *next, ""),
            // the last ones: the comma before them goes
            (None, Some(before)) => self.replace(parts[before].1, parts[last].1, ""),
            (None, None) => {}
        }
    }

    fn behind_comma(&self, end: usize) -> usize {
        let comma = self.layout.skip(end);
        if self.layout.text.as_bytes().get(comma) == Some(&b',') { comma + 1 } else { end }
    }

    fn has_own_lines(&self, (start, end): (usize, usize)) -> bool {
        let behind = self.behind_comma(end);
        let rest =
            self.layout.text.get(behind..self.layout.line_end(behind)).unwrap_or_default().trim_start();
        self.layout.begins_line(start) && (rest.is_empty() || rest.starts_with('#'))
    }

    fn add_behind(&mut self, node: &Node, (start, end): (usize, usize), text: &str) {
        let comma = self.layout.skip(end);
        let has_comma = self.layout.text.as_bytes().get(comma) == Some(&b',');
        if !self.layout.begins_line(start) || self.layout.line_end(end) > node.span.end {
            self.replace(end, end, format!(", {text}"));
            return;
        }
        // each part on a line of its own
        let behind = if has_comma { comma + 1 } else { end };
        let line_end = self.layout.line_end(behind);
        let margin = self.layout.text.get(self.layout.line_start(start)..start).unwrap_or_default();
        let newline = self.style.newline;
        if has_comma {
            self.replace(line_end, line_end, format!("{newline}{margin}{text},"));
        } else if line_end >= node.span.end {
            self.replace(end, end, format!(",{newline}{margin}{text}"));
        } else {
            self.replace(end, end, ",");
            self.replace(line_end, line_end, format!("{newline}{margin}{text}"));
        }
    }
}

/// Joins neighbours among sorted numbers.
fn runs(sorted: &[usize]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for &at in sorted {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == at => *last = at,
            _ => runs.push((at, at)),
        }
    }
    runs
}
