//! The rules that the controller keeps, by name: what a scenario guards.
//!
//! They lie with the settings of a site because they go wherever these go, and no site file can reach them. In a built program all of
//! them hold, always: the switch exists in the library's own tests alone, where each scenario is run with its rule switched off, and
//! must fail.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A rule of the controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Chargers together get no more than their circuit has left.
    CircuitLimits,
    /// The circuits above a charger's own circuit count, too.
    UpperCircuits,
    /// A charger counts on those phases to which it is wired.
    PhaseWiring,
    /// What else draws on a circuit is taken off what chargers may have.
    OtherLoad,
    /// The declared base load stands in for a meter that is unknown.
    BaseLoadStandsIn,
    /// A value that is old is unknown, whatever it was.
    AgeMakesUnknown,
    /// Behind a meter that is unknown no charger gets more than its fail-safe current.
    BlindMeters,
    /// A charger that is silent counts with all that it may be offering.
    SilentCounts,
    /// A silent charger whose watchdog has run out counts with its fail-safe current, and no longer with what it had.
    FallbackCounts,
    /// Current is given to one charger only after another one has given it back.
    GivenBackFirst,
    /// A limit that must come down comes down at once.
    LowerAtOnce,
    /// A limit that may go up goes up only after it could have done so for a while.
    RaiseSlowly,
    /// A charger that takes more than it was told counts with what it takes.
    Disobedience,
    /// A charger that has not followed yet counts with what it offers, where there is no room for that.
    LaggardsPay,
    /// A limit whose answer was lost counts as one that has arrived.
    LostAnswersCount,
    /// A charger is offered nothing, or at least its least current.
    LeastCurrent,
    /// When not all can have their least current, they take turns.
    Turns,
    /// A car that draws nothing gives its turn away while others wait.
    IdleGivesTurn,
    /// What a car leaves is given to others.
    Appetite,
    /// A charger without a car gets nothing.
    NoCarNoShare,
    /// A charger with a fault gets nothing.
    FaultNoShare,
    /// Who has a higher priority gets more.
    Priority,
    /// An order of a person lowers a charger's limit.
    Orders,
    /// The reserve stays free on every circuit.
    Reserve,
    /// Small noise of the other load moves no limit.
    NoiseMovesNothing,
    /// A limit is written again before the charger's watchdog runs out.
    Refresh,
    /// A limit that the charger does not show is written again.
    Resend,
    /// A decision does not wait for devices that are late.
    TimelyDecision,
    /// An orderly end leaves every charger at its fail-safe current.
    FailsafeAtEnd,
    /// After a controller that was killed, nothing is believed of what chargers offer until they say so.
    UnknownAfterKill,
    /// The controller's clock does not jump when that of the machine does.
    SteadyClock,
    /// What needs attention raises an alarm.
    Alarms,
    /// A breaker is opened by its rule when a charger behind it does not obey.
    OpensBreakers,
    /// A load beside the chargers is cut when these alone can't keep a circuit under its limit.
    ShedsLoads,
    /// Where the sun has a weight, cars take no more than its surplus.
    FollowsSun,
    /// Cars start and stop only when the surplus has been enough, or too little, for a while.
    SunDelays,
    /// A charger is switched to one phase when the surplus is too small for three.
    ChoosesPhases,
    /// Phases are switched only when no current is offered or drawn, and none has been for a while.
    SwitchesWithoutCurrent,
    /// What a car needs to be full when it leaves does not wait for the sun.
    DepartureBeforeSun,
    /// Where prices have a weight, cars wait for cheaper hours.
    CheapHours,
    /// Where departures have a weight, who leaves soon goes first.
    Deadlines,
}

/// The rules that are in force: all of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rules {
    #[cfg(test)]
    off: Option<Rule>,
}

impl Rules {
    /// Says whether a rule is in force.
    #[inline]
    #[cfg(not(test))]
    pub fn hold(self, _rule: Rule) -> bool {
        true
    }

    /// Says whether a rule is in force.
    #[cfg(test)]
    pub fn hold(self, rule: Rule) -> bool {
        self.off != Some(rule)
    }

    /// Switches a rule off.
    #[cfg(test)]
    pub fn without(rule: Rule) -> Rules {
        Rules { off: Some(rule) }
    }
}
