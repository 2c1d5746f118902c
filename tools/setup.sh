#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs what sgxx needs from Debian's own packages, and nothing that is there already. Quiet unless it installs or fails.
#   tools/setup.sh build    what compiles sgxx and runs programs with it (the default)
#   tools/setup.sh test     also what the tests, checks, fuzzers and benchmarks need, and the sources of other people's tests
#   tools/setup.sh --list [build|test]    prints the packages and installs nothing
# Runs as root or through sudo. Nothing is downloaded when nothing is missing.
set -eu

build="ca-certificates g++ cmake ninja-build ccache pkg-config
  libzydis-dev libcli11-dev libfmt-dev nlohmann-json3-dev libtomlplusplus-dev libssl-dev libbearssl-dev
  libipsec-mb-dev"
test="$build git python3 jq openssl file binutils libgtest-dev libgmock-dev libbenchmark-dev
  clang clang-format clang-tidy libclang-rt-dev
  libsqlite3-dev tcl-dev libeigen3-dev libopenblas-dev liblapack-dev zlib1g-dev gcc-12-source xz-utils
  liblmdb-dev libleveldb-dev libsnappy-dev libboost-dev libuv1-dev liburcu-dev libgrpc++-dev wrk make etcd-server"
sources="sqlite3"

list=no
if [ "${1:-}" = --list ]; then list=yes; shift; fi
case "${1:-build}" in
  build) wanted=$build sources= ;;
  test) wanted=$test ;;
  *) echo "tools/setup.sh: unknown set '$1': say build or test" >&2; exit 2 ;;
esac
if [ $list = yes ]; then printf '%s\n' $wanted; exit 0; fi

if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-query >/dev/null 2>&1; then
  echo "tools/setup.sh: no apt-get here; install these packages' equivalents by hand and go on:" $wanted >&2
  exit 0
fi

installed() { dpkg-query -W -f '${db:Status-Abbrev}\n' "$1" 2>/dev/null | grep -q '^.i '; }
missing=
for package in $wanted; do
  installed "$package" || missing="$missing $package"
done
# Last, when what it needs is there. What cannot be had is said, and its tests skip themselves.
fetch_sources() {
  for package in $sources; do
    "$(dirname "$0")/debian_source.py" "$package" >/dev/null || true
  done
}

if [ -z "$missing" ]; then fetch_sources; exit 0; fi

sudo=
if [ "$(id -u)" != 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "tools/setup.sh: needs root to install packages: run  apt-get install$missing  as root, then repeat" >&2
    exit 1
  fi
  sudo=sudo
fi

echo "sgxx: installing from Debian:$missing" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() { $sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq "$@" >>"$log" 2>&1 </dev/null; }
[ -z "$sudo" ] || $sudo true

# An outdated package index is the usual reason for a failure, a missing network the next; with a filled cache neither matters.
apt update || true
if ! apt install --yes --no-install-recommends $missing; then
  cat "$log" >&2
  echo "tools/setup.sh: apt-get could not install:$missing" >&2
  exit 1
fi
fetch_sources
