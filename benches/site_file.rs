//! How long it takes to load a site file and to prove its fail-safe, from 10 to 10,000 chargers:
//! `cargo bench --bench site_file`.

#![allow(missing_docs, clippy::unwrap_used)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use enmon::profile::Catalogue;
use enmon::site::{load, prove};

/// Chargers in rows of twenty behind one main circuit.
fn site_file(chargers: usize) -> String {
    let rows = chargers.div_ceil(20);
    let mut text = String::from("apiVersion: enmon/v1\nkind: Site\nname: big\ncircuits:\n");
    writeln!(text, "  - {{name: main, limit: 100000, baseLoad: 1}}").unwrap();
    for row in 0..rows {
        writeln!(text, "  - {{name: row-{row}, parent: main, limit: 400, baseLoad: 1}}").unwrap();
    }
    text.push_str("chargers:\n");
    for index in 0..chargers {
        writeln!(
            text,
            "  - name: ev{index}\n    circuit: row-{}\n    phases: [L1, L2, L3]\n    max: 32\n    failsafe: 6\n    \
             profile: abb-terra-ac\n    address: modbus+tcp://10.{}.{}.{}",
            index % rows,
            index >> 16,
            index >> 8 & 255,
            index & 255
        )
        .unwrap();
    }
    text
}

fn loading(criterion: &mut Criterion) {
    let catalogue = Catalogue::built_in();
    let mut group = criterion.benchmark_group("site file");
    group.sample_size(10);
    for chargers in [10, 100, 1_000, 10_000] {
        let text = site_file(chargers);
        group.throughput(Throughput::Elements(chargers as u64));
        group.bench_with_input(BenchmarkId::new("load", chargers), &text, |bencher, text| {
            bencher.iter(|| load(black_box(text), "big.yaml", Path::new("/"), &catalogue).unwrap());
        });
        let site = load(&text, "big.yaml", Path::new("/"), &catalogue).unwrap().site;
        group.bench_with_input(BenchmarkId::new("prove", chargers), &site, |bencher, site| {
            bencher.iter(|| prove(black_box(site)));
        });
    }
    group.finish();
}

criterion_group!(benches, loading);
criterion_main!(benches);
