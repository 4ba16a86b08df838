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
];
