//! Aggregations: `sum by (job) (x)`, `topk(3, x) without (pod)`. Decides their form and how many arguments they have.

use super::{Parsed, Parser};
use crate::promql::ast::{AggregateOp, Aggregation, Expr, ExprKind, Grouping};
use crate::promql::mistake::{Code, ParseError};
use crate::promql::token::Keyword;

impl Parser<'_> {
    /// Tells whether `by` or `without` stands behind the next word.
    pub(super) fn grouping_follows(&self) -> bool {
        let word = self.tokens.get(self.next + 1).map(|token| token.span.of(self.text)).and_then(Keyword::of);
        matches!(word, Some(Keyword::By | Keyword::Without))
    }

    pub(super) fn aggregation(&mut self) -> Parsed<Expr> {
        let word = self.word().unwrap_or_default();
        let Some(op) = AggregateOp::of(word) else {
            return Err(self.unexpected("an aggregation"));
        };
        let op_span = self.take();
        let before = self.grouping()?;
        let (arguments, mut end) = self.arguments(op.as_str())?;
        let height = self.height;
        let mut grouping = before;
        if grouping.is_none() {
            grouping = self.grouping()?;
            end = grouping.as_ref().map_or(end, |grouping| grouping.span);
        }
        self.height = height;
        let span = op_span.to(end);
        let (parameter, of) = split_arguments(op, arguments)
            .map_err(|(count, extra)| argument_count(op, span, count, extra))?;
        let aggregation = Aggregation { op, op_span, grouping, parameter, of };
        Ok(Expr { span, kind: ExprKind::Aggregation(Box::new(aggregation)) })
    }

    fn grouping(&mut self) -> Parsed<Option<Grouping>> {
        let without = self.keyword() == Some(Keyword::Without);
        if !without && self.keyword() != Some(Keyword::By) {
            return Ok(None);
        }
        let start = self.take();
        let (labels, end) = self.labels(if without { "without" } else { "by" })?;
        Ok(Some(Grouping { without, labels, span: start.to(end) }))
    }
}

/// Parts the parameter from the expression; otherwise says how many there are and which is the first too many.
fn split_arguments(
    op: AggregateOp,
    arguments: Vec<Expr>,
) -> Result<(Option<Expr>, Expr), (usize, Option<Expr>)> {
    let count = arguments.len();
    let mut arguments = arguments.into_iter();
    let parameter = if op.has_parameter() && count > 1 { arguments.next() } else { None };
    match (arguments.next(), arguments.next()) {
        (Some(of), None) if parameter.is_some() == op.has_parameter() => Ok((parameter, of)),
        (_, extra) => Err((count, extra)),
    }
}

fn argument_count(
    op: AggregateOp,
    span: crate::promql::span::Span,
    count: usize,
    extra: Option<Expr>,
) -> ParseError {
    let name = op.as_str();
    let (wanted, form) = match op {
        AggregateOp::CountValues => ("2 arguments", "count_values(\"label\", x)".to_owned()),
        AggregateOp::Quantile => ("2 arguments", "quantile(0.9, x)".to_owned()),
        _ if op.has_parameter() => ("2 arguments", format!("{name}(3, x)")),
        _ => ("1 argument", format!("{name}(x)")),
    };
    let place = extra.map_or(span, |extra| extra.span);
    ParseError::new(place, Code::ArgumentCount, format!("`{name}` has {wanted}, found {count}"))
        .hint(format!("write `{form}`"))
}
