#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds that every system call that the runtime serves is made, as it is and with its errors, by a program of
tests/programs/syscalls, which run_programs.py compares between Linux and the enclave."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "src/enclave/syscall/table.h"
PROGRAMS = ROOT / "tests/programs/syscalls"


def main():
    served = re.findall(r"^\s*X\(\d+, (\w+), \w+\)", TABLE.read_text(), re.M)
    made = set()
    for program in PROGRAMS.glob("*.cc"):
        made |= set(re.findall(r"(?:\bSYS_|\bCALL\(|\bVALUE\()(\w+)", program.read_text()))
    missing = [name for name in served if name not in made]
    for name in missing:
        print(f"check_syscalls.py: no program of tests/programs/syscalls makes {name}")
    if len(served) < 100:
        print(f"check_syscalls.py: {TABLE} has only {len(served)} rows that can be read")
        return 1
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
