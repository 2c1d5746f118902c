#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of the house that a machine can see: licence lines, sizes, a README in every room, no unfinished work, text only."""

import collections
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MOST_LINES = 700
MOST_FILES = 50
SOURCE = {".cc", ".h", ".S", ".inc", ".py", ".sh", ".cmake", ".cpp", ".lds", ".ld"}
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")


def main():
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            capture_output=True, check=False)
    if listed.returncode:
        print("tools/house.py: not a git checkout: nothing to check")
        return 0
    files = [pathlib.Path(name.decode()) for name in listed.stdout.split(b"\0") if name]
    files = [path for path in files if (ROOT / path).is_file()]
    complaints = []
    folders = collections.Counter(path.parent for path in files)
    complaints += [f"{folder}: {count} files, at most {MOST_FILES}: make folders of them"
                   for folder, count in folders.items() if count > MOST_FILES]
    for path in files:
        data = (ROOT / path).read_bytes()
        if b"\0" in data:
            complaints.append(f"{path}: not text: did a program leave it here?")
        if path.suffix not in SOURCE and path.name != "CMakeLists.txt" and not data.startswith(b"#!"):
            continue
        text = data.decode(errors="replace")
        lines = text.splitlines()
        if not any("SPDX-License-Identifier: Apache-2.0" in line for line in lines[:3]):
            complaints.append(f"{path}:1: no `SPDX-License-Identifier: Apache-2.0` in the first three lines")
        if len(lines) > MOST_LINES:
            complaints.append(f"{path}: {len(lines)} lines, at most {MOST_LINES}: is it one job?")
        complaints += [f"{path}:{number}: marks unfinished work" for number, line in enumerate(lines, 1) if UNFINISHED.search(line)]
        complaints += [f"{path}:{number}: white space at the end" for number, line in enumerate(lines, 1) if line != line.rstrip()]
        if text and not text.endswith("\n"):
            complaints.append(f"{path}: no line break at the end")
    for room in sorted({path.parts[1] for path in files if path.parts[0] == "src" and len(path.parts) > 2}):
        if not (ROOT / "src" / room / "README.md").exists():
            complaints.append(f"src/{room}: no README.md (three lines: what it is, who may include it, the first file to read)")
    print("\n".join(complaints), end="\n" if complaints else "")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
