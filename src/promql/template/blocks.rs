//! The blocks of a template: `if`, `range`, `with`, `define`, `block`, up to their `end`. Decides whether they fit into each other, what `.` and
//! the variables are in each; leaves what stands in an action to `action`.

use super::action::{Dot, Reader, Scope};
use super::scan::{self, Action, Kind};
use super::{ELSE_WITH, Newer, Template, TemplateCode, TemplateError};
use crate::promql::span::Span;

/// A block that waits for its `end`.
struct Block {
    keyword: &'static str,
    /// The place of its action.
    span: Span,
    /// What was known before it.
    outside: Scope,
    /// `else` without a condition has been there.
    last_branch: bool,
}

type Read<T> = Result<T, TemplateError>;

/// Reads a template.
pub(super) fn read(text: &str) -> Read<Template> {
    let mut reading = Reading {
        text,
        scope: Scope::of_alert(),
        blocks: Vec::new(),
        found: Template::default(),
        late: None,
    };
    for action in scan::actions(text)? {
        reading.action(&action)?;
    }
    match reading.blocks.last() {
        None => reading.late.map_or(Ok(reading.found), Err),
        Some(block) => {
            let message = format!("this `{}` has no `{{{{ end }}}}` behind it", block.keyword);
            Err(TemplateError::new(block.span, TemplateCode::MissingEnd, message))
        }
    }
}

struct Reading<'a> {
    text: &'a str,
    scope: Scope,
    blocks: Vec<Block>,
    found: Template,
    /// The first mistake that Prometheus finds only when it fills the template in.
    late: Option<TemplateError>,
}

/// Blocks within each other.
const DEEPEST: usize = 200;

impl Reading<'_> {
    fn action(&mut self, action: &Action) -> Read<()> {
        let Some(first) = action.tokens.first() else {
            let error = TemplateError::new(
                action.span,
                TemplateCode::Unexpected,
                "there is nothing between these braces",
            );
            return Err(error.hint("text with two braces is written `{{ \"{{\" }}`"));
        };
        if first.kind != Kind::Word {
            return self.pipeline(action, 0, "the action", false).map(|_| ());
        }
        match first.span.of(self.text) {
            "if" => self.open("if", action, 1),
            "with" => self.open("with", action, 1),
            "range" => self.open("range", action, 1),
            "define" => self.define(action),
            "block" => self.block(action),
            "template" => {
                self.template_name(action)?;
                match action.tokens.len() {
                    2 => Ok(()),
                    _ => self.pipeline(action, 2, "template", false).map(|_| ()),
                }
            }
            "else" => self.branch(action),
            "end" => self.end(action),
            word @ ("break" | "continue") => self.leave(action, word == "break"),
            _ => self.pipeline(action, 0, "the action", false).map(|_| ()),
        }
    }

    fn pipeline(&mut self, action: &Action, from: usize, of: &str, ranges: bool) -> Read<Dot> {
        let mut reader = Reader {
            text: self.text,
            action: action.span,
            tokens: &action.tokens,
            next: from,
            scope: &mut self.scope,
            found: &mut self.found,
            late: &mut self.late,
            depth: 0,
        };
        reader.pipeline(of, ranges)
    }

    fn push(&mut self, keyword: &'static str, action: &Action, outside: Scope) -> Read<()> {
        if self.blocks.len() >= DEEPEST {
            let message = "there are more than 200 blocks within each other";
            return Err(TemplateError::new(action.span, TemplateCode::Unexpected, message));
        }
        self.blocks.push(Block { keyword, span: action.span, outside, last_branch: false });
        Ok(())
    }

    fn open(&mut self, keyword: &'static str, action: &Action, from: usize) -> Read<()> {
        let outside = self.scope.clone();
        let dot = self.pipeline(action, from, keyword, keyword == "range")?;
        self.enter(keyword, dot);
        self.push(keyword, action, outside)
    }

    /// Sets what `.` is in a branch.
    fn enter(&mut self, keyword: &str, dot: Dot) {
        match keyword {
            "with" => self.scope.dot = dot,
            "range" => self.scope.dot = Dot::Other,
            _ => {}
        }
    }

    fn define(&mut self, action: &Action) -> Read<()> {
        if let Some(block) = self.blocks.last() {
            let message = format!("a template can't be defined within `{}`", block.keyword);
            return Err(TemplateError::new(action.span, TemplateCode::Unexpected, message));
        }
        self.template_name(action)?;
        self.no_more(action, 2)?;
        let outside = std::mem::replace(&mut self.scope, Scope::of_definition());
        self.push("define", action, outside)
    }

    fn block(&mut self, action: &Action) -> Read<()> {
        self.template_name(action)?;
        self.pipeline(action, 2, "block", false)?;
        let outside = std::mem::replace(&mut self.scope, Scope::of_definition());
        self.push("block", action, outside)
    }

    fn template_name(&self, action: &Action) -> Read<()> {
        match action.tokens.get(1) {
            Some(token) if matches!(token.kind, Kind::Text(_)) => Ok(()),
            other => {
                let span = other.map_or(Span::at(action.tokens[0].span.end), |token| token.span);
                Err(TemplateError::new(
                    span,
                    TemplateCode::Unexpected,
                    "expected the template's name in quotes",
                ))
            }
        }
    }

    fn no_more(&self, action: &Action, count: usize) -> Read<()> {
        match action.tokens.get(count) {
            None => Ok(()),
            Some(token) => {
                let message = format!("expected the end of the action, found `{}`", token.span.of(self.text));
                Err(TemplateError::new(token.span, TemplateCode::Unexpected, message))
            }
        }
    }

    fn branch(&mut self, action: &Action) -> Read<()> {
        let Some(block) = self.blocks.last_mut().filter(|block| !matches!(block.keyword, "define" | "block"))
        else {
            let message = "this `else` belongs to no `if`, `range` or `with`";
            return Err(TemplateError::new(action.span, TemplateCode::UnexpectedEnd, message));
        };
        if block.last_branch {
            let message = format!("this `{}` has its last `else` already", block.keyword);
            return Err(TemplateError::new(action.span, TemplateCode::UnexpectedEnd, message));
        }
        self.scope = block.outside.clone();
        let keyword = block.keyword;
        match action.tokens.get(1).map(|token| token.span.of(self.text)) {
            None => {
                block.last_branch = true;
                Ok(())
            }
            Some(word) if word == keyword && keyword != "range" => {
                if keyword == "with" {
                    let span = action.tokens[0].span.to(action.tokens[1].span);
                    let what = "`else with`".to_owned();
                    self.found.newer.push(Newer { span, what, since: ELSE_WITH });
                }
                let dot = self.pipeline(action, 2, keyword, false)?;
                self.enter(keyword, dot);
                Ok(())
            }
            Some(_) => self.no_more(action, 1),
        }
    }

    fn end(&mut self, action: &Action) -> Read<()> {
        self.no_more(action, 1)?;
        match self.blocks.pop() {
            Some(block) => {
                self.scope = block.outside;
                Ok(())
            }
            None => {
                let message = "this `end` belongs to no `if`, `range`, `with` or `define`";
                Err(TemplateError::new(action.span, TemplateCode::UnexpectedEnd, message))
            }
        }
    }

    fn leave(&mut self, action: &Action, is_break: bool) -> Read<()> {
        self.no_more(action, 1)?;
        match self.blocks.iter().any(|block| block.keyword == "range") {
            true => Ok(()),
            false => {
                let word = if is_break { "break" } else { "continue" };
                Err(TemplateError::new(
                    action.span,
                    TemplateCode::UnexpectedEnd,
                    format!("`{word}` stands within `range` only"),
                ))
            }
        }
    }
}
