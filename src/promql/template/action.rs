//! Reads one action: pipelines of commands, with their variables, fields and functions. Decides what may stand where, and what is known by which
//! name; leaves blocks to `blocks`.

use super::scan::{Kind, Token};
use super::{FIELDS, FUNCTIONS, NEWER, Newer, Template, TemplateCode, TemplateError, nearest};
use crate::promql::span::Span;

/// What `.` stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dot {
    /// The data of the alert.
    Alert,
    /// The labels of the alert's series.
    Labels,
    /// Something else, whose fields are not known.
    Other,
}

/// What is known where an action stands.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    pub dot: Dot,
    /// What `$` stands for.
    pub root: Dot,
    pub variables: Vec<String>,
}

impl Scope {
    /// The scope at the beginning of an alert's template.
    pub fn of_alert() -> Scope {
        let variables =
            ["$", "$labels", "$externalLabels", "$externalURL", "$value"].map(str::to_owned).into();
        Scope { dot: Dot::Alert, root: Dot::Alert, variables }
    }

    /// The scope at the beginning of a template that is defined in another: it knows only what it is given.
    pub fn of_definition() -> Scope {
        Scope { dot: Dot::Other, root: Dot::Other, variables: vec!["$".to_owned()] }
    }
}

/// Reads the tokens of one action.
pub(super) struct Reader<'a> {
    pub text: &'a str,
    /// The place of the action.
    pub action: Span,
    pub tokens: &'a [Token],
    pub next: usize,
    pub scope: &'a mut Scope,
    pub found: &'a mut Template,
    pub late: &'a mut Option<TemplateError>,
    pub depth: usize,
}

type Read<T> = Result<T, TemplateError>;

/// Parentheses within each other.
const DEEPEST: usize = 100;

/// An operand of a command.
struct Operand {
    span: Span,
    what: What,
}

/// What matters about an operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// It can be called or has a value that may be a function.
    Callable,
    /// The labels of the alert's series.
    Labels,
    /// The dot.
    Dot,
    /// A function by its name.
    Function(&'static str),
    /// A number, string, truth or nothing: it takes no arguments.
    Constant,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn at(&self, kind: &Kind) -> bool {
        self.peek().is_some_and(|token| token.kind == *kind)
    }

    fn word(&self, place: usize) -> &str {
        self.tokens.get(place).map_or("", |token| token.span.of(self.text))
    }

    /// The place behind the last token.
    fn end(&self) -> Span {
        let end = match self.peek() {
            Some(token) => return token.span,
            None => self.tokens.last().map_or(self.action.start + 2, |last| last.span.end),
        };
        Span::at(end)
    }

    fn unexpected(&self, expected: &str) -> TemplateError {
        let found = match self.peek() {
            Some(token) => format!("`{}`", token.span.of(self.text)),
            None => "the end of the action".to_owned(),
        };
        TemplateError::new(
            self.end(),
            TemplateCode::Unexpected,
            format!("expected {expected}, found {found}"),
        )
    }

    /// Reads a whole pipeline up to the end of the action; returns what `.` is within `with` of it.
    pub fn pipeline(&mut self, of: &str, ranges: bool) -> Read<Dot> {
        self.declarations(ranges)?;
        let dot = self.commands(of)?;
        match self.peek() {
            None => Ok(dot),
            Some(token) if token.kind == Kind::Close => Err(TemplateError::new(
                token.span,
                TemplateCode::Parenthesis,
                "this `)` has no `(` before it",
            )),
            Some(_) => Err(self.unexpected("`|` or the end of the action")),
        }
    }

    /// Reads `$x :=`, `$x =`, and `$i, $x :=` of `range`.
    fn declarations(&mut self, ranges: bool) -> Read<()> {
        let kind = |place: usize| self.tokens.get(place).map(|token| &token.kind);
        if kind(self.next) != Some(&Kind::Variable) {
            return Ok(());
        }
        let pair = ranges
            && kind(self.next + 1) == Some(&Kind::Comma)
            && kind(self.next + 2) == Some(&Kind::Variable);
        let sign = self.next + if pair { 3 } else { 1 };
        match kind(sign) {
            Some(Kind::Declare) => {
                let names: Vec<String> =
                    (self.next..sign).step_by(2).map(|place| self.word(place).to_owned()).collect();
                self.scope.variables.extend(names);
            }
            Some(Kind::Assign) => {
                for place in (self.next..sign).step_by(2) {
                    // Go counts it as there from then on, and stumbles when it is to change it
                    if let Err(error) = self.known_variable(place) {
                        self.note_late(error);
                        self.scope.variables.push(self.word(place).to_owned());
                    }
                }
            }
            _ => return Ok(()),
        }
        self.next = sign + 1;
        Ok(())
    }

    fn known_variable(&self, place: usize) -> Read<()> {
        let name = self.word(place);
        if self.scope.variables.iter().any(|known| known == name) {
            return Ok(());
        }
        let span = self.tokens.get(place).map_or(self.action, |token| token.span);
        let error = TemplateError::new(
            span,
            TemplateCode::UnknownVariable,
            format!("there is no variable `{name}` here"),
        );
        let known: Option<&str> =
            ["$labels", "$value", "$externalLabels", "$externalURL"].into_iter().find(|known| {
                strsim::damerau_levenshtein(
                    &name.chars().take(40).collect::<String>().to_ascii_lowercase(),
                    &known.to_ascii_lowercase(),
                ) <= 2
            });
        Err(match known {
            _ if self.scope.root != Dot::Alert => {
                error.hint("a template that is defined in another knows only what it is given: `.`")
            }
            Some(known) => error.hint(format!("did you mean `{known}`?")),
            None => error,
        })
    }

    /// Reads commands parted by `|`.
    fn commands(&mut self, of: &str) -> Read<Dot> {
        let mut stage = 0;
        loop {
            let operands = self.command()?;
            if stage > 0 && operands.is_empty() && self.peek().is_none() {
                // Go takes a `|` with nothing behind it
                return Ok(Dot::Other);
            }
            let Some(first) = operands.first() else {
                let what = if stage == 0 {
                    format!("a value for `{of}`")
                } else {
                    "a function behind `|`".to_owned()
                };
                return Err(self.unexpected(&what));
            };
            if first.what == What::Constant && operands.len() > 1 {
                let message = "a string or number takes no arguments";
                self.note_late(TemplateError::new(operands[1].span, TemplateCode::Unexpected, message));
            }
            if stage > 0 && matches!(first.what, What::Constant | What::Dot) {
                let message = "behind `|` stands a function, which is given what stands before";
                return Err(TemplateError::new(first.span, TemplateCode::Unexpected, message));
            }
            let dot = match (first.what, operands.len(), stage) {
                (What::Labels, 1, 0) => Dot::Labels,
                (What::Dot, 1, 0) => self.scope.dot,
                _ => Dot::Other,
            };
            self.uses(&operands);
            stage += 1;
            if !self.at(&Kind::Pipe) {
                return Ok(dot);
            }
            self.next += 1;
        }
    }

    /// Notes labels that `index` reads and queries that `query` makes.
    fn uses(&mut self, operands: &[Operand]) {
        let [first, rest @ ..] = operands else {
            return;
        };
        let text = |operand: &Operand| {
            let token = self.tokens.iter().find(|token| token.span == operand.span)?;
            match &token.kind {
                Kind::Text(text) => Some((text.clone(), token.span)),
                _ => None,
            }
        };
        match (first.what, rest) {
            (What::Function("index"), [of, key, ..]) => {
                let labels = of.what == What::Labels || of.what == What::Dot && self.scope.dot == Dot::Labels;
                self.found.labels.extend(text(key).filter(|_| labels));
            }
            (What::Function("query"), [query, ..]) => self.found.queries.extend(text(query)),
            _ => {}
        }
    }

    /// Reads operands parted by spaces.
    fn command(&mut self) -> Read<Vec<Operand>> {
        let mut operands = Vec::new();
        while let Some(token) = self.peek() {
            if matches!(token.kind, Kind::Pipe | Kind::Close) {
                break;
            }
            if !operands.is_empty() && !token.spaced {
                return Err(self.unexpected("a space"));
            }
            operands.push(self.operand()?);
        }
        Ok(operands)
    }

    fn operand(&mut self) -> Read<Operand> {
        let Some(token) = self.peek() else {
            return Err(self.unexpected("a value"));
        };
        let (span, kind) = (token.span, token.kind.clone());
        let place = self.next;
        self.next += 1;
        let mut what = match kind {
            Kind::Word => self.named(place)?,
            Kind::Variable => {
                self.known_variable(place)?;
                match self.word(place) {
                    "$labels" => What::Labels,
                    "$" if self.scope.root == Dot::Alert && self.field_hangs() => self.alert_field(),
                    _ => What::Callable,
                }
            }
            Kind::Field => {
                self.next = place;
                match self.scope.dot {
                    Dot::Alert => self.alert_field(),
                    Dot::Labels => What::Labels,
                    Dot::Other => What::Callable,
                }
            }
            Kind::Dot => What::Dot,
            Kind::Text(_) | Kind::Number => What::Constant,
            Kind::Open => self.parenthesized(span)?,
            _ => {
                self.next = place;
                return Err(self.unexpected("a value"));
            }
        };
        // fields hang on an operand without space; the one of `.x` is the operand itself
        while let Some(field) = self.peek().filter(|field| field.kind == Kind::Field) {
            if field.spaced && self.next != place {
                break;
            }
            if what == What::Constant {
                return Err(self.unexpected("a space"));
            }
            if what == What::Labels {
                let span = Span::new(field.span.start + 1, field.span.end);
                self.found.labels.push((span.of(self.text).to_owned(), span));
            }
            what = What::Callable;
            self.next += 1;
        }
        let end = self.tokens.get(self.next - 1).map_or(span, |token| token.span);
        Ok(Operand { span: span.to(end), what })
    }

    /// Tells whether a field follows without space.
    fn field_hangs(&self) -> bool {
        self.peek().is_some_and(|token| token.kind == Kind::Field && !token.spaced)
    }

    /// Reads a field of the alert's data, which stands next.
    fn alert_field(&mut self) -> What {
        let name = self.word(self.next).trim_start_matches('.');
        if !FIELDS.contains(&name) {
            let message = format!("the data of an alert have no field `{name}`");
            let error = TemplateError::new(self.end(), TemplateCode::UnknownField, message);
            let error = match nearest(name, &FIELDS) {
                Some(near) => error.hint(format!("did you mean `.{near}`?")),
                None => error
                    .hint(format!("a label is written `$labels.{name}`; there are {}", FIELDS.join(", "))),
            };
            self.note_late(error);
            self.next += 1;
            return What::Callable;
        }
        let what = if name == "Labels" { What::Labels } else { What::Callable };
        self.next += 1;
        what
    }

    /// Notes the first mistake that Prometheus finds only when it fills the template in; what it refuses may stand behind that.
    fn note_late(&mut self, error: TemplateError) {
        self.late.get_or_insert(TemplateError { late: true, ..error });
    }

    fn named(&mut self, place: usize) -> Read<What> {
        let name = self.word(place);
        if let "true" | "false" | "nil" = name {
            return Ok(What::Constant);
        }
        if let Some(known) = FUNCTIONS.iter().find(|known| **known == name) {
            let since = NEWER.iter().find(|(newer, _)| newer == known).map(|(_, since)| *since);
            let span = self.tokens.get(place).map_or(self.action, |token| token.span);
            let newer = since.map(|since| Newer { span, what: format!("the function `{known}`"), since });
            self.found.newer.extend(newer);
            return Ok(What::Function(known));
        }
        let span = self.tokens.get(place).map_or(self.action, |token| token.span);
        let message = format!("there is no function `{name}` in templates");
        let error = TemplateError::new(span, TemplateCode::UnknownFunction, message);
        Err(match nearest(name, &FUNCTIONS) {
            _ if matches!(name, "labels" | "value") => {
                error.hint(format!("a variable begins with a dollar sign: `${name}`"))
            }
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None if crate::promql::function(name).is_some() => {
                error.hint(format!("it is a function of PromQL: write `query \"{name}(…)\"`"))
            }
            None => error,
        })
    }

    fn parenthesized(&mut self, open: Span) -> Read<What> {
        self.depth += 1;
        if self.depth > DEEPEST {
            let message = "there are more than 100 parentheses within each other";
            return Err(TemplateError::new(open, TemplateCode::Unexpected, message));
        }
        self.declarations(false)?;
        let dot = self.commands("(…)")?;
        self.depth -= 1;
        if !self.at(&Kind::Close) {
            return Err(match self.peek() {
                None => TemplateError::new(open, TemplateCode::Parenthesis, "this `(` has no `)` behind it"),
                Some(_) => self.unexpected("`)`"),
            });
        }
        self.next += 1;
        Ok(if dot == Dot::Labels { What::Labels } else { What::Callable })
    }
}
