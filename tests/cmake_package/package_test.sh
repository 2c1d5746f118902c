#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# package_test.sh BUILD: installs the build into a scratch prefix and uses it as a user's project does.
set -eu
build=$1
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cmake --install "$build" --prefix "$scratch/prefix" >/dev/null
"$scratch/prefix/bin/sgxx" keygen "$scratch/key.pem" >/dev/null
cmake -S "$here/user" -B "$scratch/user" -G Ninja -DCMAKE_PREFIX_PATH="$scratch/prefix" -DKEY="$scratch/key.pem" >"$scratch/log"
cmake --build "$scratch/user" >>"$scratch/log" || { cat "$scratch/log"; exit 1; }

outside=$("$scratch/user/greeting")
inside=$("$scratch/prefix/bin/sgxx" run "$scratch/user/greeting.sgx")
target=$(cmake --build "$scratch/user" --target run_greeting | tail -n 1)
printf '%s\n' "$outside" "$inside" "$target"
[ "$outside" = "hello, nobody" ] && [ "$inside" = "hello, enclave, by your own report" ] && [ "$target" = "$inside" ]
