#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles every header alone, so that the order of includes never matters."""

import concurrent.futures
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def compile_alone(header):
    command = ["g++", "-std=gnu++20", "-fsyntax-only", "-x", "c++", f'-DSGXX_SOURCE_DIR="{ROOT}"',
               f"-I{ROOT / 'src'}", f"-I{ROOT / 'include'}", str(header)]
    result = subprocess.run(command, capture_output=True, text=True)
    return result.stderr if result.returncode else ""


def main():
    headers = sorted(path for folder in ("src", "include") for path in (ROOT / folder).rglob("*.h"))
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for header, message in zip(headers, pool.map(compile_alone, headers)):
            if message:
                print(f"{header.relative_to(ROOT)}: does not compile alone\n{message}")
                failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
