#!/usr/bin/env bash
# Feeds fuzz targets with what libFuzzer makes up: scripts/fuzz.sh [SECONDS [TARGET]...]. Without targets all run, one after the other.
#
# SECONDS are processor time of the target, so that an hour is an hour on a busy machine too. What it has learned stays in
# fuzz/corpus/TARGET, and is gone on from the next time; what breaks a target is kept in fuzz/artifacts/TARGET, and ends the run.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh fuzz

cache="${XDG_CACHE_HOME:-$HOME/.cache}/enmon"
export PATH="$cache/bin:$PATH"
# cargo-fuzz asks for flags of the nightly compiler, which the stable one has as well
export RUSTC_BOOTSTRAP=1
# SQLite is compiled by a C compiler whose own sanitizer registers its names twice
export ASAN_OPTIONS="detect_odr_violation=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}"

seconds="${1:-60}"
shift || true
if [ $# -eq 0 ]; then set -- frame_tcp frame_rtu frame_ascii profile; fi

# Prints the processor time of all children that have ended, in whole seconds.
children_seconds() {
    times | awk -F '[ms ]+' 'NR == 2 { print int($1 * 60 + $2 + $3 * 60 + $4) }'
}

for target in "$@"; do
    corpus="fuzz/corpus/$target"
    mkdir -p "$corpus"
    seeds=("fuzz/seeds/$target")
    options=(-max_len=1100)
    if [ "$target" = profile ]; then
        seeds+=(templates/profiles)
        # each word of the schema, with the quotation marks that a dictionary wants
        { cat fuzz/yaml.dict; grep -oE '"[A-Za-z0-9_/-]+"' templates/schemas/profile.schema.json | sort -u; } >"$corpus.dict"
        options=(-max_len=65536 "-dict=$corpus.dict")
    fi
    cargo fuzz build "$target"
    echo "== fuzzing $target for $seconds s of processor time"
    begun="$(children_seconds)" done=0
    while [ "$done" -lt "$seconds" ]; do
        # the limit for a hang is wall clock, which other work on the machine stretches
        cargo fuzz run "$target" "$corpus" "${seeds[@]}" -- "${options[@]}" \
            "-max_total_time=$((seconds - done))" -timeout=60 -rss_limit_mb=2048 -print_final_stats=1
        done=$(($(children_seconds) - begun))
        echo "== fuzzed $target for $done s of processor time"
    done
done
