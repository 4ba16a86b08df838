//! A driver's standing among several controllers of a site: does it lead, since when, and what orders go from one to the next.
//!
//! One that follows observes and decides as if it led, so that it is warm, and takes what the chargers are offering for what it told them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::{ChargingNeeds, Leadership, LeaseRole, LeaseStatus, OrderError, Override, Snapshot, State, Time};
use crate::site::Site;

/// A driver's ends of the lease.
#[derive(Debug)]
pub struct Standby {
    /// Who leads.
    pub leadership: watch::Receiver<Leadership>,
    /// What the next one must know.
    pub memo: watch::Sender<String>,
}

/// What goes from one leader to the next beside the lease: by name of the charger, what people said of it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Memo<'a> {
    orders: BTreeMap<Cow<'a, str>, Cow<'a, Override>>,
    needs: BTreeMap<Cow<'a, str>, Cow<'a, ChargingNeeds>>,
}

/// A change of the role, for the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// `leading` or `following`.
    pub what: &'static str,
    /// Details in words.
    pub details: String,
}

/// Where a driver stands.
#[derive(Debug)]
pub struct Standing {
    standby: Option<Standby>,
    generation: Option<u64>,
    since: Time,
}

impl Standing {
    /// One without a lease leads from the beginning; one with a lease follows at first.
    pub fn new(standby: Option<Standby>, now: Time) -> Self {
        let generation = standby.is_none().then_some(0);
        Standing { standby, generation, since: now }
    }

    /// Says whether it leads.
    pub fn leads(&self) -> bool {
        self.generation.is_some()
    }

    /// Waits until something about the lease is new; for ever where there is none.
    pub async fn changed(&mut self) {
        let is_news = match &mut self.standby {
            Some(standby) => standby.leadership.changed().await.is_ok(),
            None => false,
        };
        if !is_news {
            std::future::pending::<()>().await;
        }
    }

    /// Takes the newest role; returns what has changed about it.
    pub fn turn(&mut self, now: Time) -> Option<Turn> {
        let standby = self.standby.as_mut()?;
        let news = standby.leadership.borrow_and_update();
        if news.generation == self.generation {
            return None;
        }
        let had = std::mem::replace(&mut self.generation, news.generation);
        self.since = now;
        Some(match news.generation {
            Some(generation) => Turn { what: "leading", details: format!("token {generation}") },
            None => {
                let holder = news.holder.as_deref().unwrap_or("nobody");
                let reason = news.error.as_deref().unwrap_or("the lease was not renewed in time");
                let had = had.unwrap_or_default();
                Turn {
                    what: "following",
                    details: format!("token {had} is over: {reason}; last seen: {holder}"),
                }
            }
        })
    }

    /// Says whether orders may be taken here.
    ///
    /// # Errors
    /// When another one leads.
    pub fn may_order(&self) -> Result<(), OrderError> {
        if self.leads() {
            return Ok(());
        }
        let leadership = self.standby.as_ref().map(|standby| standby.leadership.borrow().clone());
        let Leadership { holder, api, .. } = leadership.unwrap_or_default();
        Err(OrderError::Follows { holder: holder.unwrap_or_else(|| "nobody".into()), api })
    }

    /// Notes the orders in force for the next one.
    pub fn note(&self, site: &Site, state: &State) {
        let Some(standby) = &self.standby else { return };
        let mut memo = Memo::default();
        for (charger, memory) in site.chargers.iter().zip(&state.chargers) {
            let name = || Cow::Borrowed(charger.name.as_str());
            if let Some(order) = &memory.order {
                memo.orders.insert(name(), Cow::Borrowed(order));
            }
            if let Some(needs) = &memory.needs {
                memo.needs.insert(name(), Cow::Borrowed(needs));
            }
        }
        // numbers and texts can always be written
        standby.memo.send_replace(serde_json::to_string(&memo).unwrap_or_default());
    }

    /// Takes over the orders that the one before has noted.
    pub fn take_orders(&self, site: &Site, state: &mut State) {
        let Some(standby) = &self.standby else { return };
        let leadership = standby.leadership.borrow();
        let Some(text) = leadership.memo.as_deref().filter(|memo| !memo.is_empty()) else { return };
        match serde_json::from_str::<Memo>(text) {
            Ok(mut memo) => {
                for (memory, charger) in state.chargers.iter_mut().zip(&site.chargers) {
                    let name = charger.name.as_str();
                    memory.order = memo.orders.remove(name).map(Cow::into_owned);
                    memory.needs = memo.needs.remove(name).map(Cow::into_owned);
                }
            }
            Err(error) => tracing::warn!(%error, "the orders in the lease can't be understood"),
        }
    }

    /// Returns it for the status.
    pub fn status(&self) -> Option<LeaseStatus> {
        let leadership = self.standby.as_ref()?.leadership.borrow();
        Some(LeaseStatus {
            role: if self.leads() { LeaseRole::Leading } else { LeaseRole::Following },
            holder: leadership.holder.clone(),
            api: leadership.api.clone(),
            generation: self.generation,
            since: self.since.0,
            error: leadership.error.clone(),
        })
    }
}

impl State {
    /// Takes what chargers offer for what they were told: somebody else told them.
    pub fn follow(&mut self, snapshot: &Snapshot) {
        for (memory, reading) in self.chargers.iter_mut().zip(&snapshot.chargers) {
            memory.setpoint = reading.as_ref().map(|reading| reading.value.offered);
            memory.ceiling = None;
            memory.raisable_since = None;
            memory.excess_since = None;
        }
    }
}
