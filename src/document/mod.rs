//! Reading YAML files so that every mistake has its place: text → tree with positions → JSON → checked against the schema of the types.
//!
//! This part knows nothing of sites or profiles. It decides how mistakes of form are found and worded; what a file means is left to
//! whoever asked for it.

mod edit;
mod finding;
mod scalar;
mod schema;
mod source;
mod spelling;
mod tree;
mod value;
mod wording;

pub use edit::{
    Edit, EditError, begun, edited, element_span, element_text, read_typed, typed_name, with_mistakes,
    without_mistakes, written,
};
pub use finding::{Finding, Place, Severity, in_order};
pub use schema::{Format, Wording, closed_schema};
pub use source::{Draft, Source, Step};
pub use spelling::nearest;
pub use tree::{Content, Entry, Node, Span};
pub use value::Value;
