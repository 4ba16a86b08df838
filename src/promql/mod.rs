//! PromQL, the expression language of Prometheus: reads expressions, says where and why one is wrong, and what one that is right can and can't
//! do. Pure: no clock, no files, no server. Decides what some Prometheus would take; leaves showing mistakes to `ui` and asking servers to others.
//!
//! A parser of our own, since errors need their place: see ARCHITECTURE.md. Source of the grammar: Prometheus documentation, "Querying
//! basics", "Operators", "Functions", "Feature flags". Syntax that a server takes only with a feature flag is read too, and
//! [`analysis::features`] lists it, with what only some versions take.

pub mod analysis;
pub mod ast;
mod display;
mod functions;
mod lexer;
mod literal;
mod mistake;
mod parser;
pub mod re2;
mod span;
pub mod template;
mod token;
mod types;

pub use ast::Expr;
pub use functions::{Function, Release, Status, ValueType, function};
pub use literal::duration_text;
pub use mistake::{Code, ParseError};
pub use span::{Position, Span};

/// Reads an expression.
///
/// Takes time in proportion to the length of the text, and refuses expressions that are nested deeper than anybody writes.
///
/// # Errors
///
/// Says where the first mistake is, what kind it is, and what to write instead.
pub fn parse(text: &str) -> Result<Expr, ParseError> {
    let expr = parser::tree(text)?;
    types::check(&expr)?;
    Ok(expr)
}
