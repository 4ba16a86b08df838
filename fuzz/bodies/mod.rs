//! What the fuzz targets do with their bytes. `tests/fuzz_seeds.rs` runs the same with the seeds, without libFuzzer.

#![allow(dead_code, reason = "each target uses a part")]

pub mod frame;
pub mod profile;
