//! `enmon charger commission`: steps a charger through its currents, and writes what was learnt into the site file.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use serde_json::Number;
use tokio::time::{Instant, timeout_at};

use super::charger_direct::{named, refuse_beside_a_controller};
use super::online::{block_on, only};
use super::site_input::{self, LoadedSite};
use super::{Context, control_loop};
use crate::control::{
    self, ChargerReading, ChargerState, DeviceRef, Event, Look, MeterReading, Plant, Time, Values, WriteGate,
    learn, reaction, safe_most, step_size,
};
use crate::document::{self, Edit, Step, Value, written};
use crate::error::{Error, Kind, Result};
use crate::fsio;
use crate::plant::SitePlant;
use crate::site::{self, Amps, ChargerId, MeterId, PerPhase, Period, Phase, Site};
use crate::ui::{Report, changed_lines};

/// Flags of `enmon charger commission`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  enmon charger commission ev1 --dry-run
  enmon charger commission ev1 --yes
  enmon charger commission ev1 -o json --dry-run | jq '.phases'

No controller may run, and a car that draws must be plugged in; one of a single phase shows how the phases are rotated. The other chargers
are taken to offer their fail-safe currents, and the charger is never set higher than these leave. It takes about a minute. At the end the
charger is left at its fail-safe current.")]
pub(super) struct CommissionArgs {
    /// Name of the charger
    name: String,
    /// Show what would be written, and leave the site file alone; the charger is stepped all the same
    #[arg(long)]
    dry_run: bool,
}

/// Time between two looks.
const PACE: Duration = Duration::from_millis(250);
/// A car must have followed within this time; what is longer is not waited for.
const LONGEST: Duration = Duration::from_secs(20);
/// A current has settled when it has not moved by more than this for so many looks.
const SETTLED: (f64, usize) = (0.3, 6);

/// What was learnt and written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CommissionReport {
    api_version: &'static str,
    kind: &'static str,
    charger: String,
    /// Phases on which the car drew.
    car_phases: usize,
    /// Site phase on terminals 1, 2, 3; null: it could not be told.
    phases: Option<Vec<Phase>>,
    /// Step in which it can be set, amperes; null: it could not be told.
    step: Option<f64>,
    /// How long the car took to follow a lower limit, milliseconds; null: it did not.
    reaction_ms: Option<u64>,
    /// The most that it was set to, amperes.
    most: f64,
    /// What could not be told, and why.
    doubts: Vec<String>,
    /// Lines of the site file that change.
    difference: Vec<String>,
    /// Was the site file written?
    written: bool,
}

/// What was measured.
struct Measured {
    idle: Look,
    loaded: Look,
    reaction: Option<Period>,
    tried: Vec<(Amps, Amps)>,
}

/// Runs `enmon charger commission`.
pub(super) fn run(args: &CommissionArgs, context: &Context) -> Result<()> {
    let site = site_input::load(context)?;
    let id = named(&site, &args.name)?;
    refuse_beside_a_controller(&site)?;
    let charger = site.site.chargers[id.0].clone();
    let most = safe_most(&site.site, &charger);
    if most < charger.min {
        let message = format!("{} can't be stepped: its circuits leave {most} beside the others", args.name);
        return Err(
            Error::new(Kind::Refused, message).hint("lower the fail-safe currents of the other chargers")
        );
    }
    let question =
        format!("Step {} through its currents, 0 to {most}? Its car will pause and charge", args.name);
    if !context.ui.confirm(&question)? {
        return Err(Error::new(Kind::Failed, format!("{} was left as it is", args.name)));
    }
    let measured = block_on(async { measure(&site, id, most).await })?;
    let mut learnt = learn(&charger, &measured.idle, &measured.loaded);
    let step = step_size(&measured.tried);
    if step.is_none() {
        learnt.doubts.push("what it offers fits no step".into());
    }
    if measured.reaction.is_none() {
        learnt.doubts.push(format!("the car did not follow within {} s", LONGEST.as_secs()));
    }
    let values = values(&learnt.phases, step, measured.reaction);
    let text = edited(&site, id, &values)?;
    let difference = changed_lines(&site.text, &text);
    let mut written = false;
    if !args.dry_run && !difference.is_empty() {
        for line in &difference {
            context.ui.say(line);
        }
        let question = format!("Write this into {}?", site.path.display());
        written = context.ui.confirm(&question)?;
        if written {
            fsio::write_atomically(&site.path, text.as_bytes(), fsio::mode(&site.path)).map_err(|error| {
                Error::from_source(Kind::Failed, "the site file can't be written", &error)
            })?;
        }
    }
    context.ui.print(&CommissionReport {
        api_version: "enmon/v1",
        kind: "Commissioning",
        charger: args.name.clone(),
        car_phases: learnt.car_phases,
        phases: learnt.phases,
        step: step.map(|step| step.0),
        reaction_ms: measured.reaction.map(Period::as_millis),
        most: most.0,
        doubts: learnt.doubts,
        difference,
        written,
    })
}

/// What goes into the file: times in whole seconds, rounded up.
fn values(
    phases: &Option<Vec<Phase>>,
    step: Option<Amps>,
    reaction: Option<Period>,
) -> Vec<(&'static str, Value)> {
    let mut values = Vec::new();
    if let Some(phases) = phases {
        let names: Vec<String> = phases.iter().map(ToString::to_string).collect();
        values.push(("phases", Value::list(names)));
    }
    if let Some(step) = step {
        values.extend(Number::from_f64(step.0).map(|step| ("step", Value::Number(step))));
    }
    if let Some(reaction) = reaction {
        let reaction = Period::from_secs(reaction.as_millis().div_ceil(1000).max(1));
        values.push(("reaction", Value::from(reaction.to_string())));
    }
    values
}

/// Returns the text of the site file with the values in it, checked again.
fn edited(site: &LoadedSite, id: ChargerId, values: &[(&'static str, Value)]) -> Result<String> {
    let base = site.path.parent().unwrap_or(std::path::Path::new("/"));
    let file = site.path.display().to_string();
    let by_hand = || {
        let lines = written(&Value::map(values.iter().cloned()), "\n");
        let lines: Vec<&str> = lines.lines().collect();
        Error::new(Kind::Failed, format!("{file} is written in a way that can't be edited here"))
            .hint(format!("write it by hand: {}", lines.join(", ")))
    };
    let loaded = site::load(&site.text, &file, base, &site.catalogue).map_err(|_| by_hand())?;
    let charger = [Step::Key("chargers"), Step::At(id.0)];
    let mut whole = loaded.source.node(&charger).map(Value::from).ok_or_else(by_hand)?;
    for (key, value) in values {
        whole.set(key, value.clone());
    }
    let edit = Edit::Set(whole);
    let edited = document::edited(&loaded.source, &charger, &edit).map_err(|_| by_hand())?;
    let text = edited.text().to_owned();
    let after = site::load(&text, &file, base, &site.catalogue).map_err(|_| by_hand())?.site;
    // nothing but this charger may have changed
    let mut before = site.site.clone();
    before.chargers[id.0] = after.chargers[id.0].clone();
    if before == after { Ok(text) } else { Err(by_hand()) }
}

/// The charger and the meter above it, and nothing else.
fn bench_site(site: &LoadedSite, id: ChargerId) -> LoadedSite {
    let mut bench = only(site, id);
    let metered = site.site.ancestry(site.site.chargers[id.0].circuit);
    let metered = metered.filter_map(|circuit| Some((circuit, site.site.circuits[circuit.0].meter?))).next();
    if let Some((circuit, meter)) = metered {
        bench.site.meters = vec![site.site.meters[meter.0].clone()];
        bench.site.circuits[circuit.0].meter = Some(MeterId(0));
    }
    bench
}

async fn measure(site: &LoadedSite, id: ChargerId, most: Amps) -> Result<Measured> {
    let bench = bench_site(site, id);
    let model = Arc::new(bench.site.clone());
    let clock = control_loop::clock();
    let plant = control_loop::plant(&WriteGate::open(), &bench, &model, &clock)?;
    let mut bench = Bench { site: model, plant, cycle: 0, clock };
    let failsafe = bench.site.chargers[0].failsafe;
    let measured = bench.steps(most).await;
    // whatever happened, it is left where it is safe
    let left = bench.set(failsafe).await;
    let measured = measured?;
    left?;
    Ok(measured)
}

struct Bench {
    site: Arc<Site>,
    plant: SitePlant,
    cycle: u64,
    clock: control::Clock,
}

impl Bench {
    async fn steps(&mut self, most: Amps) -> Result<Measured> {
        let charger = self.site.chargers[0].clone();
        let first = self.look().await?;
        if matches!(first.charger.state, ChargerState::Unplugged | ChargerState::Fault) {
            let message = format!("{} has no car that could draw", charger.name);
            return Err(Error::new(Kind::Failed, message)
                .hint("plug one in, best one that charges on a single phase"));
        }
        self.set(Amps::ZERO).await?;
        let idle = self.settled(|look| look.charger.drawn.iter().all(|amps| amps.0 < 1.0)).await?;
        self.set(most).await?;
        let loaded = self.settled(|look| look.charger.drawn.iter().any(|amps| amps.0 >= 1.0)).await?;
        let mut tried = Vec::new();
        for part in [0.5, 0.2, 0.1] {
            let limit = Amps((charger.min.0 + part).min(charger.max.0));
            tried.push((limit, self.set(limit).await?));
        }
        self.set(most).await?;
        self.settled(|_| true).await?;
        let told = Time((self.clock)().0);
        self.set(charger.min).await?;
        let mut looks = Vec::new();
        let deadline = Instant::now() + LONGEST;
        let reaction = loop {
            looks.push(self.look().await?);
            if let Some(reaction) = reaction(told, charger.min, &looks) {
                break Some(reaction);
            }
            if Instant::now() >= deadline {
                break None;
            }
        };
        Ok(Measured { idle, loaded, reaction, tried })
    }

    /// Sets a limit and returns what is offered then.
    async fn set(&mut self, limit: Amps) -> Result<Amps> {
        self.plant.command(ChargerId(0), limit);
        let name = &self.site.chargers[0].name;
        loop {
            match timeout_at(Instant::now() + LONGEST, self.plant.next()).await {
                Ok(Some(Event::Acknowledged { offered, setpoint, .. })) if setpoint == limit => {
                    return Ok(offered);
                }
                Ok(Some(Event::NotAcknowledged { error, setpoint, .. })) if setpoint == limit => {
                    let message = format!("{name} could not be set to {limit}");
                    return Err(Error::new(Kind::Unreachable, message).cause(error));
                }
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => {
                    return Err(Error::new(Kind::Unreachable, format!("{name} has not answered")));
                }
            }
        }
    }

    /// Looks until the currents have settled in a state that is waited for, or for too long: then as they are.
    async fn settled(&mut self, wanted: impl Fn(&Look) -> bool) -> Result<Look> {
        let deadline = Instant::now() + LONGEST;
        let mut looks: Vec<Look> = Vec::new();
        loop {
            let look = self.look().await?;
            looks.push(look);
            let last = &looks[looks.len().saturating_sub(SETTLED.1)..];
            let moves = |terminal: usize| {
                let values = || last.iter().map(|look| look.charger.drawn[terminal].0);
                values().fold(0.0, f64::max) - values().fold(f64::INFINITY, f64::min)
            };
            let is_settled = last.len() == SETTLED.1 && (0..3).all(|terminal| moves(terminal) <= SETTLED.0);
            if (is_settled && wanted(&look)) || Instant::now() >= deadline {
                return Ok(look);
            }
        }
    }

    /// Asks the charger and the meter once.
    async fn look(&mut self) -> Result<Look> {
        tokio::time::sleep(PACE).await;
        self.cycle += 1;
        self.plant.observe(self.cycle);
        let at = Time((self.clock)().0);
        let mut charger: Option<ChargerReading> = None;
        let mut metered: Option<Option<PerPhase<Amps>>> = self.site.meters.is_empty().then_some(None);
        while charger.is_none() || metered.is_none() {
            match timeout_at(Instant::now() + LONGEST, self.plant.next()).await {
                Ok(Some(Event::Observed { reading, cycle, .. })) if cycle == self.cycle => {
                    match reading.value {
                        Values::Charger(value) => charger = Some(value),
                        Values::Meter(value) => metered = Some(self.by_phase(&value)),
                        _ => {}
                    }
                }
                Ok(Some(Event::Failed { device, error, cycle, .. })) if cycle == self.cycle => match device {
                    DeviceRef::Meter(_) => metered = Some(None),
                    _ => {
                        return Err(Error::new(Kind::Unreachable, "the charger does not answer").cause(error));
                    }
                },
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => {
                    return Err(Error::new(Kind::Unreachable, "the charger has not answered"));
                }
            }
        }
        let Some(charger) = charger else {
            return Err(Error::new(Kind::Unreachable, "the charger has not answered"));
        };
        Ok(Look { at, charger, metered: metered.flatten() })
    }

    fn by_phase(&self, reading: &MeterReading) -> Option<PerPhase<Amps>> {
        let mut value = PerPhase::all(Amps::ZERO);
        for (&phase, current) in self.site.meters[0].phases.iter().zip(&reading.currents) {
            value[phase] = (*current)?;
        }
        Some(value)
    }
}

impl Report for CommissionReport {
    fn render(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}: stepped from 0 to {}", self.charger, Amps(self.most))?;
        writeln!(
            out,
            "  car       {} phase{}",
            self.car_phases,
            if self.car_phases == 1 { "" } else { "s" }
        )?;
        if let Some(phases) = &self.phases {
            let names: Vec<String> = phases.iter().map(ToString::to_string).collect();
            writeln!(out, "  phases    {}", names.join(" "))?;
        }
        if let Some(step) = self.step {
            writeln!(out, "  step      {}", Amps(step))?;
        }
        if let Some(ms) = self.reaction_ms {
            writeln!(out, "  reaction  {:.1} s", ms as f64 / 1000.0)?;
        }
        for doubt in &self.doubts {
            writeln!(out, "  doubt     {doubt}")?;
        }
        for line in &self.difference {
            writeln!(out, "{line}")?;
        }
        if !self.written {
            writeln!(out, "nothing was written")?;
        }
        Ok(())
    }
}
