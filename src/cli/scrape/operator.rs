//! `enmon scrape … --target operator:NAMESPACE`: each job is a ScrapeConfig, which the Prometheus Operator brings to its servers.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use serde_json::Value as Json;

use super::change::{Change, finish, unchanged};
use super::check::{self, CheckArgs};
use super::edit::{AddArgs, DeleteArgs, EditArgs};
use super::editor::{Attempt, edit_lines, mistakes};
use super::options::{JobOptions, way_out};
use super::place::{Edited, Place, TargetArgs, until_written, unusable};
use super::refusal;
use crate::cli::Context;
use crate::document::{Draft, Finding, Value, written};
use crate::error::{Error, Kind, Result};
use crate::kube_port::is_object_name;
use crate::prometheus::config::{FileKind, Version, is_refused};
use crate::prometheus::operator_jobs::{self, ScrapeConfigError, from_json, job_of};
use crate::prometheus::{OperatorObject, OperatorObjects, Store};
use crate::ui::{Cell, Column, Report, Table};

/// The ScrapeConfigs of a namespace.
pub(super) struct ScrapeConfigs {
    place: Place,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ListReport {
    api_version: &'static str,
    kind: &'static str,
    items: Vec<Item>,
}

/// A ScrapeConfig. Its `spec` is as Kubernetes has it; secrets are named there, not held.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    name: String,
    spec: Json,
}

impl ScrapeConfigs {
    pub(super) fn new(target: &TargetArgs, namespace: &str) -> Result<Self> {
        Ok(ScrapeConfigs { place: Place::scrape_configs(target, namespace)? })
    }

    fn objects(&self) -> Result<&OperatorObjects> {
        match &self.place.store {
            Store::Operator(objects) => Ok(objects),
            _ => Err(Error::new(Kind::Bug, "a place without objects")),
        }
    }

    fn object(&self, name: &str) -> Result<OperatorObject> {
        let found = self.place.ask(self.objects()?.get(name))?;
        found.ok_or_else(|| {
            Error::new(Kind::Invalid, format!("there is no ScrapeConfig `{name}`"))
                .hint("see which there are: enmon scrape list")
        })
    }

    pub(super) fn list(&self, context: &Context) -> Result<()> {
        let objects = self.place.ask(self.objects()?.list())?;
        let items = objects.into_iter().map(|object| Item { name: object.name, spec: object.spec }).collect();
        context.ui.print(&ListReport { api_version: "enmon/v1", kind: "ScrapeConfigList", items })
    }

    pub(super) fn add(&self, args: &AddArgs, context: &Context) -> Result<()> {
        let Some(name) = &args.name else {
            return Err(Error::new(Kind::Usage, "--from-site is for a configuration, not for the operator")
                .hint("add the jobs one by one, or name file:PATH or configmap:NAMESPACE/NAME"));
        };
        if !is_object_name(name) {
            return Err(Error::new(Kind::Usage, format!("`{name}` can't be the name of an object"))
                .hint("take lower case letters, digits, `-` and `.`"));
        }
        let settings = args.options.settings()?;
        if settings.targets.is_none() && settings.kubernetes.is_none() {
            return Err(Error::new(Kind::Usage, "it is not said what to scrape")
                .hint("say --targets HOST:PORT or --kubernetes ROLE"));
        }
        if self.place.ask(self.objects()?.get(name))?.is_some() {
            return Err(Error::new(Kind::Invalid, format!("there is a ScrapeConfig `{name}` already"))
                .hint(format!("change it: enmon scrape edit {name}")));
        }
        let spec = changed(&args.options, name, None)?;
        until_written(|| self.finished(name, "", &text_of(&spec), &spec, args.dry_run, context))
    }

    pub(super) fn edit(&self, args: &EditArgs, context: &Context) -> Result<()> {
        if args.options.settings()?.is_empty() {
            return self.edit_in_editor(args, context);
        }
        until_written(|| {
            let object = self.object(&args.name)?;
            let before = text_of(&object.spec);
            let spec = changed(&args.options, &args.name, Some(&object.spec))?;
            self.finished(&args.name, &before, &text_of(&spec), &spec, args.dry_run, context)
        })
    }

    fn edit_in_editor(&self, args: &EditArgs, context: &Context) -> Result<()> {
        let name = &args.name;
        let opened = self.object(name)?.spec;
        let is_changed = edit_lines(&text_of(&opened), context, |typed| {
            let draft = Draft::read(name, typed);
            let Some(source) = draft.source.as_ref().filter(|_| !draft.has_errors()) else {
                return Ok(Attempt::Mistaken(mistakes(name, typed, draft.findings)));
            };
            let typed = source.root().to_json();
            until_written(|| {
                let there = self.object(name)?.spec;
                let spec = carried_over(&opened, &typed, &there).ok_or_else(|| overtaken(name))?;
                self.finished(name, &text_of(&there), &text_of(&spec), &spec, args.dry_run, context)
            })?;
            Ok(Attempt::Done)
        })?;
        if is_changed {
            return Ok(());
        }
        let shown = self.place.store.name(Path::new(name));
        unchanged("ScrapeChange", &shown, vec![name.clone()], args.dry_run, context)
    }

    fn finished(
        &self,
        name: &str,
        before: &str,
        after: &str,
        spec: &Json,
        dry_run: bool,
        context: &Context,
    ) -> Result<Edited> {
        let path = Path::new(name);
        let shown = self.place.store.name(path);
        let (text, findings) = self.checked(name, spec, None);
        if is_refused(&findings) {
            return Err(refusal(&shown, &text, &findings).hint("nothing was written"));
        }
        let change =
            Change { place: &self.place, path, name: &shown, before, after, what: vec![name.to_owned()] };
        let next = "a moment, when the operator has seen it";
        finish("ScrapeChange", next, change, Vec::new(), dry_run, context)
    }

    /// Checks the job that a `spec` describes, as a text of its own.
    fn checked(&self, name: &str, spec: &Json, server: Option<Version>) -> (String, Vec<Finding>) {
        let jobs = Value::map([("scrape_configs", Value::List(vec![job_of(spec, name)]))]);
        let text = written(&jobs, "\n");
        let findings = self.place.check_text(Path::new(name), &text, FileKind::Prometheus, server);
        (text, findings)
    }

    pub(super) fn delete(&self, args: &DeleteArgs, context: &Context) -> Result<()> {
        let object = self.object(&args.name)?;
        let shown = self.place.store.name(Path::new(&args.name));
        if args.dry_run {
            context.ui.say(&format!("{shown} would go; nothing was changed"));
            return Ok(());
        }
        if !context.ui.confirm(&format!("Remove {shown}?"))? {
            return Err(Error::new(Kind::Failed, "nothing was changed"));
        }
        self.place.wait(self.objects()?.delete(&object)).map_err(|error| unusable(&error))?;
        context.ui.say(&format!("{shown} is gone"));
        Ok(())
    }

    pub(super) fn check(&self, args: &CheckArgs, context: &Context) -> Result<()> {
        let mut reports = Vec::new();
        for object in self.place.ask(self.objects()?.list())? {
            let (text, findings) = self.checked(&object.name, &object.spec, args.server_version);
            reports.push(check::reported(&self.place.store.name(Path::new(&object.name)), &text, findings));
        }
        check::finish(reports, context)
    }
}

/// Returns a `spec` with what is said; without one before, a new one.
fn changed(options: &JobOptions, name: &str, before: Option<&Json>) -> Result<Json> {
    let mut spec = before.cloned().unwrap_or(Json::Null);
    operator_jobs::apply(&options.settings()?, &mut spec).map_err(|error| {
        let hint = match &error {
            ScrapeConfigError::NoReference(_) => {
                "the operator takes keys of Secrets: secret:NAME/KEY, for --tls-ca configmap:NAME/KEY, too"
                    .to_owned()
            }
            ScrapeConfigError::Settings(error) => way_out(error, name, before.is_none()),
        };
        Error::new(Kind::Usage, error.to_string()).hint(hint)
    })?;
    Ok(spec)
}

/// Makes the changes of a person in a `spec` that others may have changed while the editor was open. `None`: they changed the same keys.
fn carried_over(opened: &Json, typed: &Json, there: &Json) -> Option<Json> {
    if there == opened {
        return Some(typed.clone());
    }
    let (opened, typed, there) = (opened.as_object()?, typed.as_object()?, there.as_object()?);
    let mut carried = there.clone();
    for key in opened.keys().chain(typed.keys()).filter(|key| opened.get(*key) != typed.get(*key)) {
        if there.get(key) != opened.get(key) {
            return None;
        }
        match typed.get(key) {
            Some(value) => carried.insert(key.clone(), value.clone()),
            None => carried.remove(key),
        };
    }
    Some(Json::Object(carried))
}

fn overtaken(name: &str) -> Error {
    Error::new(Kind::Failed, format!("somebody else has changed the same keys of `{name}` meanwhile"))
        .hint("nothing was written; try again")
}

fn text_of(spec: &Json) -> String {
    written(&from_json(spec), "\n")
}

impl Report for ListReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.items.is_empty() {
            return writeln!(out, "there are no ScrapeConfigs");
        }
        let mut table = Table::new([
            Column::name("job"),
            Column::text("targets"),
            Column::text("every"),
            Column::text("path"),
        ]);
        for item in &self.items {
            let word = |key: &str| item.spec.get(key).and_then(Json::as_str).unwrap_or_default();
            let lists = item.spec.get("staticConfigs").and_then(Json::as_array).into_iter().flatten();
            let targets: Vec<&str> = lists
                .filter_map(|list| list.get("targets").and_then(Json::as_array))
                .flatten()
                .filter_map(Json::as_str)
                .collect();
            table.row([
                Cell::new(&item.name),
                Cell::new(targets.join(" ")),
                Cell::new(word("scrapeInterval")),
                Cell::new(word("metricsPath")),
            ]);
        }
        table.render(out)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_person_changed_is_carried_over_unless_others_changed_it_too() {
        let opened = json!({"a": 1, "b": {"c": 2}, "d": 3});
        for (typed, there, carried) in [
            (
                json!({"a": 5, "b": {"c": 2}, "d": 3}),
                opened.clone(),
                Some(json!({"a": 5, "b": {"c": 2}, "d": 3})),
            ),
            (
                json!({"a": 5, "b": {"c": 2}}),
                json!({"a": 1, "b": {"c": 7}, "d": 3, "e": 4}),
                Some(json!({"a": 5, "b": {"c": 7}, "e": 4})),
            ),
            (
                json!({"a": 1, "b": {"c": 2}, "d": 3, "e": 1}),
                json!({"a": 1, "b": {"c": 2}}),
                Some(json!({"a": 1, "b": {"c": 2}, "e": 1})),
            ),
            (json!({"a": 5, "b": {"c": 2}, "d": 3}), json!({"a": 6, "b": {"c": 2}, "d": 3}), None),
            (json!({"b": {"c": 2}, "d": 3}), json!({"a": 6, "b": {"c": 2}, "d": 3}), None),
            (
                json!({"a": 1, "b": {"c": 2}, "d": 3, "e": 1}),
                json!({"a": 1, "b": {"c": 2}, "d": 3, "e": 2}),
                None,
            ),
        ] {
            assert_eq!(carried_over(&opened, &typed, &there), carried, "{typed} {there}");
        }
    }
}
