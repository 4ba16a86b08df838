#!/bin/sh
# Measures `enmon prometheus gaps`: a server with SERIES series of HOURS hours at 15 s, and an empty one that is to have them.
# Usage: scripts/bench-gaps.sh [SERIES [HOURS]]; needs prometheus and promtool (make setup) and enmon as ENMON, or target/release/enmon.
set -eu
series=${1:-1000}
hours=${2:-1}
PATH="${XDG_CACHE_HOME:-$HOME/.cache}/enmon/bin:$PATH"
enmon=$(realpath "${ENMON:-target/release/enmon}")
folder=$(mktemp -d)
servers=
# shellcheck disable=SC2064,SC2086
trap 'kill $servers 2>/dev/null; wait; rm -rf "$folder"' EXIT
cd "$folder"
end=$(($(date +%s) - 3600))
awk -v series="$series" -v count="$((hours * 240))" -v end="$end" 'BEGIN {
    srand(1); print "# TYPE demo gauge"
    for (s = 0; s < series; s++) {
        value = rand() * 100
        labels = sprintf("job=\"hall\",instance=\"10.0.%d.%d:9100\",circuit=\"row-%d\",phase=\"L%d\",series=\"%d\"", s / 250, s % 250, s % 40, s % 3 + 1, s)
        for (i = count; i > 0; i--) { value += int(rand() * 4) / 4 - 0.25; printf "demo{%s} %.2f %d\n", labels, value, end - i * 15 }
    }
    print "# EOF" }' > samples
promtool tsdb create-blocks-from openmetrics samples from > /dev/null
rm samples
start() { # name, configuration
    echo "$2" > "$1.yml"
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    prometheus --config.file="$1.yml" --storage.tsdb.path="$1" --storage.tsdb.retention.time=10y --web.enable-remote-write-receiver \
        --web.listen-address="127.0.0.1:$port" --log.level=warn 2> "$1.log" &
    servers="$servers $!"
    url="http://127.0.0.1:$port"
    until curl -sf "$url/-/ready" > /dev/null; do sleep 0.1; done
}
start from '{}'; from=$url
start to '{storage: {tsdb: {out_of_order_time_window: 1000h}}}'; to=$url
run() { # name, options
    begin=$(date +%s%N)
    "$enmon" prometheus gaps --from "$from" --to "$to" --since "$((hours + 2))h" -o json "$@" > report 2> /dev/null || true
    ms=$((($(date +%s%N) - begin) / 1000000))
    python3 - "$ms" "$*" << 'END'
import json, sys
report, ms = json.load(open("report")), int(sys.argv[1])
rate = report["compared"] * 1000 // max(ms, 1)
print(f'{sys.argv[2] or "find":14} compared {report["compared"]}, missing {report["missing"]}, filled {report["filled"]}: {ms} ms, {rate} samples/s')
END
}
run
run --fill --yes
run
