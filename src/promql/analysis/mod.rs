//! What an expression can and can't do, read from its tree alone: which series it needs, which labels its result can carry, whether an alert
//! of it can begin and end, whether its ranges hold enough samples. Knows no server and no values.

mod bounds;
mod features;
mod firing;
mod labels;
mod selectors;
mod windows;

pub use features::{Feature, Flag, features};
pub use firing::{Doubt, DoubtKind, never_fires, never_resolves};
pub use labels::{LabelSet, labels};
pub use selectors::{SeriesUse, selectors};
pub use windows::{ShortWindow, windows};

use super::ast::{Expr, ExprKind};

impl Expr {
    /// Returns the expressions right below this one, in the order of the text.
    pub fn children(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Number(_) | ExprKind::Text(_) | ExprKind::Selector(_) => Vec::new(),
            ExprKind::Subquery(subquery) => vec![&subquery.of],
            ExprKind::Aggregation(aggregation) => {
                aggregation.parameter.iter().chain([&aggregation.of]).collect()
            }
            ExprKind::Call(call) => call.arguments.iter().collect(),
            ExprKind::Binary(binary) => vec![&binary.left, &binary.right],
            ExprKind::Unary { of, .. } | ExprKind::Paren(of) => vec![of],
        }
    }

    /// Visits this expression and everything in it, outer before inner, left before right.
    pub fn walk<'e>(&'e self, visit: &mut impl FnMut(&'e Expr)) {
        let mut waiting = vec![self];
        while let Some(expr) = waiting.pop() {
            visit(expr);
            waiting.extend(expr.children().into_iter().rev());
        }
    }

    /// Returns what stands in the parentheses around it.
    pub fn without_parens(&self) -> &Expr {
        let mut expr = self;
        while let ExprKind::Paren(of) = &expr.kind {
            expr = of;
        }
        expr
    }
}
