#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks docs/std.md against the compiler and the programs.

Every header in the compiler's own C++ include folder has a row, no row names a header that
is not there, every program that the page links exists, and the programs of a header's row
include that header at least once among them.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "std.md"


def include_folder():
    """The folder that holds <vector>, as the compiler names it."""
    command = ["g++", "-std=gnu++20", "-M", "-x", "c++", "-"]
    listing = subprocess.run(command, input="#include <vector>\n", capture_output=True, text=True, check=True).stdout
    return pathlib.Path(re.search(r"(\S+)/vector\b", listing).group(1))


def main():
    problems = []
    folder = include_folder()
    shipped = {entry.name for entry in folder.iterdir() if entry.is_file()}
    shipped |= {name for name in ("strstream",) if (folder / "backward" / name).is_file()}
    rows = {}
    for line in PAGE.read_text().splitlines():
        links = re.findall(r"\]\(([^)]*\.cc)\)", line)
        for link in links:
            if not (PAGE.parent / link).is_file():
                problems.append(f"docs/std.md: no such program: {link}")
        match = re.match(r"\| `<([^>]+)>` \|", line)
        if match:
            header = match.group(1)
            if header in rows:
                problems.append(f"docs/std.md: <{header}> has two rows")
            rows[header] = links
    for header in sorted(shipped - rows.keys()):
        problems.append(f"docs/std.md: no row for <{header}>")
    for header in sorted(rows.keys() - shipped):
        problems.append(f"docs/std.md: <{header}> is not a header of this compiler")
    for header, links in rows.items():
        paths = [PAGE.parent / link for link in links]
        texts = [path.read_text() for path in paths if path.is_file()]
        if not any(f"#include <{header}>" in text for text in texts):
            problems.append(f"docs/std.md: no program in the row of <{header}> includes it")
    for problem in problems:
        print(problem)
    print(f"{len(rows)} headers, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
