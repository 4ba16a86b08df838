//! Prometheus: its files are checked as it would, edited so that all else stays, and brought into a running server that they never break.
//!
//! Texts come in and texts go out; only [`apply`] writes files and talks to a server. How things look is left to `cli` and `ui`.

pub mod alerts;
mod apply;
pub mod config;
mod config_map;
mod config_map_keys;
pub mod dashboard;
pub mod grafana;
mod job_discovery;
pub mod job_list;
mod job_merges;
mod job_settings;
mod loaded;
pub mod operator_jobs;
mod operator_objects;
mod pod_mounts;
mod query;
pub mod remote;
pub mod rule_choice;
mod rule_doubts;
pub mod rule_settings;
mod server;
mod site_jobs;
mod store;
mod target;
pub mod target_files;

pub use apply::{Applied, ApplyError, Restored, apply};
pub use config_map::ConfigMapStore;
pub use config_map_keys::looks_like_rules;
pub use job_discovery::{KubernetesRole, Obstacle};
pub use job_settings::{Credentials, JobSettings, SettingsError};
pub use operator_objects::{OperatorKind, OperatorObject, OperatorObjects};
pub use query::{AnswerKind, MOST_POINTS, QueryAnswer, RangeError, Series, TimeRange};
pub use rule_choice::RuleChoice;
pub use rule_doubts::{KnownSeries, doubts};
pub use rule_settings::{RuleError, RuleSettings};
pub use server::{ActiveTarget, FoundTarget, ReloadState, Server, ServerAddress, ServerError};
pub use site_jobs::site_jobs;
pub use store::{Hurry, Store, StoreError};
pub use target::{ConfigMapPlace, Target, TargetError, is_key};
