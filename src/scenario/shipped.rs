//! The scenarios that come with the program.

/// A scenario that comes with the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shipped {
    /// Its name.
    pub name: &'static str,
    /// Its file.
    pub text: &'static str,
}

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        &[$(Shipped { name: $name, text: include_str!(concat!("../../templates/scenarios/", $name, ".yaml")) }),*]
    };
}

/// All of them, in the order in which they are best read.
pub static SHIPPED: &[Shipped] = shipped![
    "full-garage",
    "two-rows",
    "one-phase-chargers",
    "kitchen-at-noon",
    "cloud",
    "compressor",
    "flickering-light",
    "meter-silent",
    "meter-lost-in-a-heat-wave",
    "no-meter",
    "charger-cut-off",
    "switch-fails",
    "watchdog-runs-out",
    "slow-to-let-go",
    "stubborn-charger",
    "lying-charger",
    "frozen-charger",
    "answers-lost",
    "eight-cars-on-32-amperes",
    "one-at-a-time",
    "sated-car",
    "modest-car",
    "empty-bays",
    "broken-station",
    "doctor-on-call",
    "order-from-a-person",
    "meter-reads-low",
    "steady-night",
    "station-restarts",
    "slow-neighbour",
    "controller-stopped",
    "controller-killed",
    "controller-comes-back",
    "clock-set-back",
    "fire",
    "short-circuit",
    "metrics-gone",
    "opened-by-its-rule",
    "heater-is-cut",
    "sun-comes-and-goes",
    "clouds",
    "grid-meter-silent-in-the-sun",
    "weak-sun",
    "morning-sun",
    "sun-fails-before-departure",
    "cheap-hours",
    "early-bird",
    "night-in-the-garage",
];
