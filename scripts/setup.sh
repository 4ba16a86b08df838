#!/usr/bin/env bash
# Installs what is missing to build enmon (`build`), to test it (`test`), to fuzz it (`fuzz`) or to measure it beside its peers (`bench`,
# `acn`), and nothing that is there already.
#
# System packages come from apt (with sudo when not root), Python packages go into .venv/, cargo's tools and the programs of
# Prometheus into ~/.cache/enmon/bin, Alertmanager's templates into /usr/share, the API server of Kubernetes into ~/.cache/enmon/k8s. No service is started.
set -euo pipefail
cd "$(dirname "$0")/.."

cache="${XDG_CACHE_HOME:-$HOME/.cache}/enmon"
bin="$cache/bin"
export PATH="$bin:$PATH"

# Versions that are known to work; `make setup` installs these where the tool is missing.
nextest_version=0.9.143
deny_version=0.20.2
fuzz_version=0.13.2

say() { printf '== %s\n' "$*"; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

refreshed=false
refresh_package_lists() {
    if ! $refreshed; then
        say "refreshing apt's package lists"
        as_root apt-get -o DPkg::Lock::Timeout=300 update -qq
        refreshed=true
    fi
}

is_installed() {
    [ "$(dpkg-query -W -f='${Status}' "$1" 2>/dev/null)" = "install ok installed" ]
}

# Installs those of the named packages that are missing.
need_packages() {
    local missing=() package
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    if [ ${#missing[@]} -gt 0 ]; then
        refresh_package_lists
        say "installing with apt: ${missing[*]}"
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
            install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    fi
}

# The programs of a Debian package that would start a server when it is installed: they are only unpacked.
need_programs() {
    local package="$1" program missing=false
    shift
    for program in "$@"; do command -v "$program" >/dev/null || missing=true; done
    if ! $missing; then return; fi
    say "unpacking $* into $bin"
    local folder
    folder="$(mktemp -d)"
    refresh_package_lists
    (cd "$folder" && apt-get -o APT::Sandbox::User=root download -qq "$package" && dpkg -x "${package}"_*.deb unpacked)
    mkdir -p "$bin"
    for program in "$@"; do install -m 755 "$folder/unpacked/usr/bin/$program" "$bin/$program"; done
    rm -rf "$folder"
}

# A name server to test against, BIND: unpacked with the libraries that it needs, so that no service is started.
need_name_server() {
    local folder="$cache/bind" unpacked
    if [ -x "$folder/usr/sbin/named" ]; then return; fi
    say "unpacking BIND into $folder"
    unpacked="$(mktemp -d)"
    refresh_package_lists
    (cd "$unpacked" && apt-get -o APT::Sandbox::User=root download -qq bind9 bind9-libs libjemalloc2 liblmdb0 libmaxminddb0 \
        libfstrm0 libprotobuf-c1 libuv1 libcap2 libnghttp2-14 libxml2 libjson-c5 &&
        for package in *.deb; do dpkg -x "$package" unpacked; done)
    rm -rf "$folder"
    mkdir -p "$cache"
    mv "$unpacked/unpacked" "$folder"
    rm -rf "$unpacked"
}

# Puts Alertmanager's own templates where Debian's build looks for them; it does not start without, and takes no other place.
need_alertmanager_templates() {
    local place=/usr/share/prometheus/alertmanager
    if [ -f "$place/default.tmpl" ]; then return; fi
    say "putting Alertmanager's templates into $place"
    local folder
    folder="$(mktemp -d)"
    refresh_package_lists
    (cd "$folder" && apt-get -o APT::Sandbox::User=root download -qq prometheus-alertmanager && dpkg -x prometheus-alertmanager_*.deb unpacked)
    as_root install -D -m 644 -t "$place" "$folder/unpacked$place"/*.tmpl
    rm -rf "$folder"
}

# Makes a folder with the Python packages that a file lists.
need_python_packages() {
    local folder="$1" wanted="$2"
    local stamp="$folder/requirements.txt"
    if [ -x "$folder/bin/python" ] && cmp -s "$wanted" "$stamp"; then return; fi
    say "installing Python packages into $folder: $(grep -v '^#' "$wanted" | tr '\n' ' ')"
    python3 -m venv --clear "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted"
    cp "$wanted" "$stamp"
}

# Installs a tool of cargo where there is none; compiling takes some minutes, once.
need_cargo_tool() {
    local tool="$1" version="$2"
    if command -v "$tool" >/dev/null; then return; fi
    say "compiling $tool $version into $bin (once; takes some minutes)"
    cargo install --quiet --locked --root "$cache" --version "$version" "$tool"
}

setup_build() {
    if ! command -v cargo >/dev/null; then
        echo "cargo is missing: install Rust from https://rustup.rs" >&2
        exit 1
    fi
    # the linker, and the compiler for SQLite and ring
    if ! command -v cc >/dev/null; then need_packages gcc libc6-dev; fi
}

setup_test() {
    setup_build
    need_packages mbpoll python3 python3-venv
    # before anything else is compiled: it wants all cores
    scripts/kubernetes.sh
    need_programs prometheus prometheus promtool
    need_programs prometheus-alertmanager prometheus-alertmanager amtool
    need_name_server
    need_alertmanager_templates
    need_programs prometheus-node-exporter prometheus-node-exporter
    need_python_packages .venv tests/peers/requirements.txt
    need_cargo_tool cargo-nextest "$nextest_version"
    need_cargo_tool cargo-deny "$deny_version"
}

# libFuzzer is C++; its sanitizer's runtime comes with Rust.
setup_fuzz() {
    setup_build
    if ! command -v c++ >/dev/null; then need_packages g++; fi
    need_cargo_tool cargo-fuzz "$fuzz_version"
}

# The peers of the benchmarks: libmodbus for C, pymodbus.
setup_bench() {
    setup_build
    need_packages libmodbus-dev python3 python3-venv
    need_python_packages .venv tests/peers/requirements.txt
}

# ACN-Sim, which simulates garages and brings schedulers of its own.
setup_acn() {
    setup_build
    need_packages python3 python3-venv
    need_python_packages "$cache/acn" benches/acn/requirements.txt
}

case "${1:-}" in
    build) setup_build ;;
    test) setup_test ;;
    fuzz) setup_fuzz ;;
    bench) setup_bench ;;
    acn) setup_acn ;;
    *)
        echo "usage: scripts/setup.sh build|test|fuzz|bench|acn" >&2
        exit 2
        ;;
esac
