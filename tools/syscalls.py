#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes docs/syscalls.md from the runtime's tables of system calls and the list of Linux's with what is to be said about each.

    tools/syscalls.py       fails when the page is not what these two say, or when they contradict each other
    tools/syscalls.py -f    writes it
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "src/enclave/syscall/table.h"
LINUX = ROOT / "src/enclave/syscall/linux.txt"
OWN = ROOT / "src/abi/program_call.h"
PAGE = ROOT / "docs/syscalls.md"

HEAD = """# System calls

Made by `tools/syscalls.py` from `src/enclave/syscall/table.h` (what is served) and `src/enclave/syscall/linux.txt` (what there is, and the notes).

The trusted runtime serves a program's system calls inside the enclave; towards the host it has calls of its own
(`src/abi/host_call.h`). What is not served fails with ENOSYS, which programs and libraries know from older kernels. Where a served call refuses
something, it is with an error that Linux gives for that call.
"""

OWN_HEAD = """## Of sgxx's own

For the SDK ([sdk.md](sdk.md)), from `src/abi/program_call.h`. Outside of an enclave the kernel answers ENOSYS.
"""


def die(message):
    print(f"tools/syscalls.py: {message}", file=sys.stderr)
    sys.exit(1)


def served():
    """Number -> name, as the dispatcher has them."""
    return {int(number): name for number, name in re.findall(r"^\s*X\((\d+), (\w+), \w+\)", TABLE.read_text(), re.M)}


def linux():
    """Number -> (name, note)."""
    calls = {}
    for line_number, line in enumerate(LINUX.read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        match = re.fullmatch(r"(\d+) (\w+)(?:: (.+))?", line)
        if not match or int(match.group(1)) in calls:
            die(f"{LINUX.name}, line {line_number}: expected NUMBER NAME: NOTE, each number once")
        calls[int(match.group(1))] = (match.group(2), match.group(3) or "")
    return calls


def own():
    """Number -> (name, note) of the runtime's own."""
    text = OWN.read_text()
    first = int(re.search(r"kFirstProgramCall = (0x[0-9a-f]+);", text).group(1), 16)
    found = re.findall(r'^\s*X\((\d+), (\w+), "(.+)"\)', text, re.M)
    if [int(index) for index, _, _ in found] != list(range(len(found))):
        die(f"{OWN.name}: the indices are not 0, 1, 2, ...")
    return {first + int(index): (name, note) for index, name, note in found}


def rows(calls):
    return [f"| {number} | `{name}` | {note} |" for number, (name, note) in sorted(calls.items())]


def page():
    in_here, in_linux = served(), linux()
    for number, name in in_here.items():
        if in_linux.get(number, ("", ""))[0] != name:
            die(f"{TABLE.name} serves {number} as {name}; {LINUX.name} says {in_linux.get(number, ('nothing', ''))[0]}")
        if not in_linux[number][1]:
            die(f"{LINUX.name}: {name} is served and has no note")
    yes = {number: call for number, call in in_linux.items() if number in in_here}
    no = {number: call for number, call in in_linux.items() if number not in in_here}
    lines = [HEAD, f"## Served: {len(yes)}", "", "| number | name | |", "|---|---|---|", *rows(yes), "",
             f"## Not served, ENOSYS: {len(no)}", "", "| number | name | |", "|---|---|---|", *rows(no), "",
             OWN_HEAD, "| number | name | |", "|---|---|---|", *rows(own())]
    return "\n".join(lines) + "\n"


def main():
    text = page()
    if sys.argv[1:] == ["-f"]:
        PAGE.write_text(text)
    elif not PAGE.exists() or PAGE.read_text() != text:
        die("docs/syscalls.md is not what the table says: run  tools/syscalls.py -f")


if __name__ == "__main__":
    main()
