#!/usr/bin/env bash
# Builds the API server of Kubernetes for the tests, and takes etcd from Debian: both into ~/.cache/enmon/k8s. Does nothing when they are there.
#
#   scripts/kubernetes.sh                                          kube-apiserver, all that a lease needs
#   scripts/kubernetes.sh kube-controller-manager kube-scheduler   these as well
#
# The source is Debian 12's package of Kubernetes 1.20.2, the last one that holds the API server and all it is made of. It is compiled with
# the Go of that release. Everything comes through apt, with package lists of its own, and is unpacked into a temporary folder: nothing is
# installed on the system. It takes about 5 minutes, 120 MB of download and 3 GB of temporary space, once.
set -euo pipefail

out="${XDG_CACHE_HOME:-$HOME/.cache}/enmon/k8s"
version=1.20.2
# Raise it when the result changes.
recipe="$version-1"
wanted=(kube-apiserver "$@")
release=bookworm
packages=(etcd-server golang-1.19-go golang-1.19-src golang-github-modern-go-reflect2-dev)

say() { printf '== %s\n' "$*"; }

is_complete() {
    [ "$(cat "$out/recipe" 2>/dev/null)" = "$recipe" ] || return 1
    local program
    for program in etcd "${wanted[@]}"; do
        [ -x "$out/$program" ] || return 1
    done
}

# Where this machine gets Debian's packages from.
mirror() {
    local site
    site="$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Component: main' | grep -m 1 -E '/debian/?$' || true)"
    echo "${site:-http://deb.debian.org/debian}"
}

# Lets apt look at the release's packages and sources, whatever the system's own release is.
use_lists_of_our_own() {
    mkdir -p "$work"/apt/{etc/sources.list.d,etc/apt.conf.d,etc/preferences.d,state/lists/partial,cache/archives/partial}
    touch "$work/apt/state/status"
    cat >"$work/apt/etc/sources.list.d/debian.sources" <<SOURCES
Types: deb deb-src
URIs: $(mirror)
Suites: $release
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES
    cat >"$work/apt/apt.conf" <<CONF
Dir::Etc "$work/apt/etc";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$work/apt/etc/sources.list.d";
Dir::State "$work/apt/state";
Dir::State::status "$work/apt/state/status";
Dir::Cache "$work/apt/cache";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Sandbox::User "root";
CONF
    export APT_CONFIG="$work/apt/apt.conf"
    apt-get update -qq
}

fetch() {
    mkdir -p "$work/packages" "$work/root" "$tree"
    (cd "$work/packages" && apt-get download -qq "${packages[@]}" && apt-get source -qq --download-only kubernetes)
    local package
    for package in "$work"/packages/*.deb; do
        dpkg-deb -x "$package" "$work/root"
    done
    tar xzf "$work"/packages/kubernetes_*.orig.tar.gz --strip-components=1 -C "$tree"
    # with the reflect2 that Kubernetes brings, a program made by this Go panics in its JSON
    rm -rf "$tree/vendor/github.com/modern-go/reflect2"
    cp -rL "$work/root/usr/share/gocode/src/github.com/modern-go/reflect2" "$tree/vendor/github.com/modern-go/reflect2"
}

# The one generated file that is not in the package: the OpenAPI definitions of all types.
generate_openapi() {
    local folders
    folders="$(grep -rlE --include='*.go' '^// *\+k8s:openapi-gen=' pkg staging/src/k8s.io cmd plugin |
        grep -vE 'code-generator/|sample-apiserver/|/_examples/|testdata' | xargs -n 1 dirname | LC_ALL=C sort -u |
        sed 's#^staging/src/#k8s.io/kubernetes/vendor/#; t; s#^#k8s.io/kubernetes/#' | paste -sd,)"
    go run ./vendor/k8s.io/kube-openapi/cmd/openapi-gen --logtostderr -i "$folders" -O zz_generated.openapi \
        -p k8s.io/kubernetes/pkg/generated/openapi -r "$work/openapi.report" \
        -h vendor/k8s.io/code-generator/hack/boilerplate.go.txt
}

compile() {
    # it names its version; clients ask for that
    local flags="-s -w" part
    for part in component-base client-go/pkg; do
        part="k8s.io/kubernetes/vendor/k8s.io/$part/version"
        flags+=" -X $part.gitVersion=v$version -X $part.gitMajor=1 -X $part.gitMinor=20 -X $part.gitTreeState=clean"
    done
    mkdir -p "$work/bin"
    go build -trimpath -ldflags "$flags" -o "$work/bin/" "${wanted[@]/#/./cmd/}"
}

mkdir -p "$out"
# one builder at a time
exec 9>"$out/lock"
flock 9
if is_complete; then exit 0; fi

work="$(mktemp -d "${TMPDIR:-/tmp}/enmon-kubernetes.XXXXXX")"
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
# without modules Go wants a program where its import path says
tree="$work/gopath/src/k8s.io/kubernetes"

say "fetching Kubernetes $version and Go from Debian $release"
use_lists_of_our_own
fetch

export GOROOT="$work/root/usr/lib/go-1.19" GOPATH="$work/gopath" GOCACHE="$work/gocache" TMPDIR="$work"
export GO111MODULE=off GOFLAGS='' GOPROXY=off CGO_ENABLED=0 PATH="$GOROOT/bin:$PATH"
cd "$tree"
say "compiling ${wanted[*]} (once; takes some minutes)"
generate_openapi
compile

rm -f "$out/recipe"
install -m 755 "$work"/bin/* "$work/root/usr/bin/etcd" "$out/"
install -m 644 LICENSE "$out/LICENSE.kubernetes"
echo "$recipe" >"$out/recipe"
say "in $out: $(cd "$out" && echo etcd "${wanted[@]}")"
