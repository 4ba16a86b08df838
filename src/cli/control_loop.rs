//! The controller of `enmon control run`: site, plant, decision and control server put together.

use super::control_run::RunScope;
use crate::control::{Entry, JournalPort, Time};
use crate::error::Result;
use crate::runtime;

/// Runs the controller until it is told to stop.
// The plant and the control server are put in here; until then it lives, beats, reloads and keeps its journal, and controls nothing.
pub(super) async fn run(mut scope: RunScope) -> Result<()> {
    let remembered = scope.memory.as_ref().map_or(0, |memory| memory.chargers.len());
    let folder = scope.state_folder.path().display();
    tracing::info!(site = scope.site.site.name, remembered, state = %folder, "starting");
    let mut journal = scope.journal.clone();
    let mut life = |what: &'static str| {
        journal.record(Entry::Life { at: Time(runtime::wall_clock_ms()), what, details: String::new() });
    };
    life("started");
    let mut ticker = tokio::time::interval(scope.site.site.control.interval.0);
    scope.ready.announce(None)?;
    loop {
        tokio::select! {
            () = scope.stop.cancelled() => break,
            _ = ticker.tick() => scope.heartbeat.send_modify(|count| *count += 1),
            Some(request) = scope.reloads.recv() => {
                let outcome = scope.source.load_again(&scope.site.site.name);
                request.answer(outcome.as_ref().map(|_| ()));
                if let Ok(site) = outcome {
                    life("reloaded");
                    scope.site = site;
                }
            }
        }
    }
    life("stopped");
    Ok(())
}
