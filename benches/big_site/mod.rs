//! Sites that grow: rows of four chargers behind 40 A, blocks of ten rows, one main circuit. Every circuit above the rows has a meter.

#![allow(dead_code)] // each bench uses a part

use std::fmt::Write as _;

/// Chargers behind one row's breaker.
pub const PER_ROW: usize = 4;
/// Rows behind one block's breaker.
pub const ROWS_PER_BLOCK: usize = 10;

/// How much current the upper circuits have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Supply {
    /// All rows can be full at once.
    Plenty,
    /// Not even the least current for everybody: they take turns.
    Scarce,
}

/// What a site is made of.
#[derive(Debug, Clone, Copy)]
pub struct BigSite {
    pub chargers: usize,
    pub supply: Supply,
}

impl BigSite {
    pub fn rows(self) -> usize {
        self.chargers.div_ceil(PER_ROW)
    }

    pub fn blocks(self) -> usize {
        self.rows().div_ceil(ROWS_PER_BLOCK)
    }

    /// Amperes per phase of the main circuit.
    pub fn main_limit(self) -> f64 {
        match self.supply {
            Supply::Plenty => self.rows() as f64 * 40.0,
            // 3 A for each charger, of which each needs 6
            Supply::Scarce => self.chargers as f64 * 3.0,
        }
    }

    /// Writes the site file; every device is at port 1 of 127.0.0.1 until `address` says where it is.
    pub fn text(self, api: &str, address: impl Fn(&str) -> String) -> String {
        let mut text = String::new();
        self.write(&mut text, api, address).expect("a string takes all");
        text
    }

    fn write(self, text: &mut String, api: &str, address: impl Fn(&str) -> String) -> std::fmt::Result {
        writeln!(text, "apiVersion: enmon/v1\nkind: Site\nname: big-{}\ncircuits:", self.chargers)?;
        writeln!(text, "  - {{name: main, limit: {}, baseLoad: 0, meter: main-meter}}", self.main_limit())?;
        for block in 0..self.blocks() {
            writeln!(
                text,
                "  - {{name: block-{block}, parent: main, limit: 400, baseLoad: 0, meter: block-{block}-meter}}"
            )?;
        }
        for row in 0..self.rows() {
            let block = row / ROWS_PER_BLOCK;
            writeln!(text, "  - {{name: row-{row}, parent: block-{block}, limit: 40, baseLoad: 0}}")?;
        }
        writeln!(text, "meters:")?;
        let blocks = (0..self.blocks()).map(|block| format!("block-{block}-meter"));
        for name in std::iter::once("main-meter".to_owned()).chain(blocks) {
            let at = address(&name);
            writeln!(text, "  - {{name: {name}, profile: eastron-sdm630, address: \"{at}\", unit: 1}}")?;
        }
        writeln!(text, "chargers:")?;
        for charger in 0..self.chargers {
            let (name, row) = (format!("ev{charger}"), charger / PER_ROW);
            let phases = ["L1, L2, L3", "L2, L3, L1", "L3, L1, L2", "L1"][charger % 4];
            let at = address(&name);
            writeln!(
                text,
                "  - {{name: {name}, circuit: row-{row}, phases: [{phases}], min: 6, max: 32, failsafe: 0, profile: \
                 abb-terra-ac, address: \"{at}\", unit: 1}}"
            )?;
        }
        writeln!(text, "breakers:")?;
        for block in 0..self.blocks() {
            let name = format!("block-{block}-breaker");
            let at = address(&name).replace("modbus+tcp", "http");
            writeln!(
                text,
                "  - {{name: {name}, circuit: block-{block}, profile: enmon-endpoint, address: \"{at}\"}}"
            )?;
        }
        let at = address("cabinet").replace("modbus+tcp", "http");
        writeln!(text, "cabinets:\n  - {{name: cabinet, profile: enmon-endpoint, address: \"{at}\"}}")?;
        let at = address("roof").replace("modbus+tcp", "http");
        writeln!(
            text,
            "solar:\n  - {{name: roof, circuit: main, profile: enmon-endpoint, address: \"{at}\"}}"
        )?;
        writeln!(text, "api: {{listen: \"{api}\"}}")
    }
}
