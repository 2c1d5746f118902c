#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What a machine can check of the style. Prints nothing when all is well.
#   tools/check.sh         layers, rules of the house, format, headers that compile alone, docs/syscalls.md
#   tools/check.sh -f      the same, formats what is not formatted and makes docs/syscalls.md
#   tools/check.sh --tidy [FILE...]   clang-tidy over these files, or over all host code (slow; needs a configured build/release)
set -u
cd "$(dirname "$0")/.."

files() { git ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do [ ! -f "$file" ] || echo "$file"; done; }
formatter=$(command -v clang-format-14 || command -v clang-format)

if [ "${1:-}" = --tidy ]; then
  shift
  if [ ! -f build/release/compile_commands.json ]; then
    echo "tools/check.sh: run  cmake --preset release  first: clang-tidy needs its compile commands" >&2
    exit 2
  fi
  tidy=$(command -v clang-tidy-14 || command -v clang-tidy)
  # The enclave's code is freestanding and built with flags that clang does not know.
  [ $# -gt 0 ] || set -- $(files 'src/*.cc' | grep -v '^src/enclave/')
  printf '%s\0' "$@" | xargs -0 -n 1 -P "$(nproc)" "$tidy" --quiet -p build/release \
    --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-unused-command-line-argument 2>/dev/null
  exit $?
fi

status=0
sources=$(files 'src/*.cc' 'src/*.h' 'include/*.h' 'examples/*.cc' 'tests/*.cc' 'tests/*.h' 'bench/*.cc' 'bench/*.h' 'fuzz/*.cc' 'fuzz/*.h')
if [ "${1:-}" = -f ]; then
  "$formatter" -i $sources
  python3 tools/syscalls.py -f
else
  for file in $("$formatter" --dry-run $sources 2>&1 | sed -n 's/^\([^:]*\):.*Wclang-format-violations.*/\1/p' | sort -u); do
    echo "$file: not formatted: run  tools/check.sh -f"
    status=1
  done
fi
python3 tools/layers.py || status=1
python3 tools/house.py || status=1
python3 tools/headers.py || status=1
python3 tools/syscalls.py || status=1
exit $status
