#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Fails on an include that points upwards: the folder tree is the threat model, and this keeps it true.

A room of src/ may include itself and the rooms named for it below. Nobody includes enclave/ from outside, and enclave/
sees nothing that owns host memory or strings: host and enclave meet in abi/ alone. Public headers include public headers.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

LOWER = ["base", "isa", "abi", "elf", "rewrite", "image", "device", "host"]
MAY_INCLUDE = {room: set(LOWER[:index]) for index, room in enumerate(LOWER)}
MAY_INCLUDE["volume"] = {"base", "isa"}
MAY_INCLUDE["enclave"] = {"base", "isa", "abi", "volume"}
MAY_INCLUDE["sdk"] = {"base", "isa", "abi"}
MAY_INCLUDE["verify"] = {"base", "isa", "image"}
MAY_INCLUDE["tls"] = {"base"}
MAY_INCLUDE["freshness"] = {"base", "verify"}
MAY_INCLUDE["cli"] = {*LOWER, "verify", "tls", "volume"}

# Code that also runs inside the enclave may not use what needs a C++ runtime.
FREESTANDING_ROOMS = {"isa", "abi", "volume", "enclave"}
# What of such a room is for the outside alone.
HOST_FOLDERS = {"volume/native"}
HOST_ONLY = {"base/descriptor.h", "base/error.h", "base/file.h"}
FREESTANDING_HEADERS = set("""
    algorithm array atomic bit cerrno climits compare concepts cstdarg cstddef cstdint cstring initializer_list iterator limits
    new numeric optional span string_view tuple type_traits utility variant errno.h immintrin.h limits.h signal.h stdarg.h
    stddef.h stdint.h string.h bearssl.h cpuid.h elf.h fcntl.h poll.h sched.h time.h ucontext.h unistd.h
""".split())
FREESTANDING_FOLDERS = ("asm/", "linux/", "sys/", "bits/", "asm-generic/")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def sources(folder):
    return sorted(path for path in folder.rglob("*") if path.suffix in {".h", ".cc", ".S", ".inc"})


def is_test(path):
    return "test" in path.stem.split("_") or "fuzz" in path.stem.split("_") or "tests" in path.parts


def complaints_about(path):
    """Yields (line number, what is wrong)."""
    inside = path.relative_to(ROOT / "src")
    room = inside.parts[0]
    freestanding = room in FREESTANDING_ROOMS and not is_test(path) and str(inside.parent) not in HOST_FOLDERS
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quote, name = match.groups()
        if quote == '"':
            target = name.split("/")[0]
            if not (ROOT / "src" / name).exists() and not (ROOT / "include" / name).exists():
                if target in MAY_INCLUDE:
                    yield number, f'"{name}" is not under src/'
                elif not (path.parent / name).exists() or ".." in name:
                    yield number, f'"{name}": write includes from src/'
                continue
            if target == room or target == "sgxx":
                continue
            if target not in MAY_INCLUDE.get(room, set()):
                yield number, f"{room}/ may not include {target}/ ({name})"
            elif freestanding and (name in HOST_ONLY or name.rpartition("/")[0] in HOST_FOLDERS):
                yield number, f"{room}/ runs inside the enclave too: {name} is for the host only"
        elif freestanding:
            if name not in FREESTANDING_HEADERS and not name.startswith(FREESTANDING_FOLDERS):
                yield number, f"{room}/ is freestanding: <{name}> is not"


def complaints_about_public(path):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if match and match.group(1) == '"':
            if not (ROOT / "include" / match.group(2)).exists():
                yield number, f'a public header includes "{match.group(2)}", which is not public'


def main():
    count = 0
    for folder, judge in ((ROOT / "src", complaints_about), (ROOT / "include", complaints_about_public)):
        for path in sources(folder) if folder.exists() else []:
            for number, text in judge(path):
                print(f"{path.relative_to(ROOT)}:{number}: {text}")
                count += 1
    for room in sorted(path.name for path in (ROOT / "src").iterdir() if path.is_dir()):
        if room not in MAY_INCLUDE:
            print(f"src/{room}: a room that tools/layers.py does not know")
            count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
