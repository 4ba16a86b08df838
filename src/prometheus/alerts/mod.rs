//! Alertmanager: its alerts and silences, where its routes lead, and its file on the way into a running server.
//!
//! What its file may say is decided by `config`; how a file is brought in and taken back by `apply`.

mod client;
mod go_regex;
mod loaded;
mod matcher;
mod route_tree;
mod time_interval;

pub use client::{Alert, AlertQuery, Alertmanager, NewSilence, Silence, SilenceMatcher};
pub use loaded::{AlertmanagerConfig, apply};
pub use matcher::{
    Labels, Matcher, MatcherError, all_fit, fit_almost_everything, matchers, matchers_of_words,
};
pub use route_tree::{GroupBy, Hit, Muted, Route, RouteOptions, RouteTree, TreeError};
pub use time_interval::{Moment, MomentError};
