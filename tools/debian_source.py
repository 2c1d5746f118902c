#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Fetches the source of a Debian package into the cache, once, and prints the folder where it lies.

    tools/debian_source.py sqlite3

apt does the fetching and checks signatures and hashes. It reads the archives that this machine uses already, as archives
of sources, from lists of its own: the machine's are left alone, and nothing needs root. What is unpacked is the
original source, without Debian's patches. Tests and benchmarks only look (`find`): what they cannot find they skip.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

APT = pathlib.Path("/etc/apt")
CACHE = pathlib.Path.home() / ".cache" / "sgxx" / "sources"


class Unavailable(Exception):
    """The source cannot be had; the text says why, in one line."""


def find(package):
    """The folder of a source that was fetched before, or None."""
    folder = CACHE / package
    return folder if folder.is_dir() else None


def as_source_archives(name, text):
    """What a file of apt's (`*.list` or `*.sources`) says, with every archive of packages as one of sources."""
    if name.endswith(".list"):
        entries = re.findall(r"^\s*deb(?:-src)?(\s.*)$", text, re.M)
        return "".join(f"deb-src{entry}\n" for entry in dict.fromkeys(entries))
    return re.sub(r"^Types:.*$", "Types: deb-src", text, flags=re.M | re.I)


def write_archives(parts):
    parts.mkdir()
    for path in [APT / "sources.list", *sorted((APT / "sources.list.d").glob("*"))]:
        if path.suffix in (".list", ".sources") and path.is_file():
            (parts / path.name).write_text(as_source_archives(path.name, path.read_text()))


def apt_get(work, *words):
    """Runs apt-get on lists and caches of its own; returns its status and what it said."""
    folders = {"Etc::SourceList": "/dev/null", "Etc::SourceParts": work / "parts", "State::Lists": work / "lists", "Cache": work / "cache"}
    options = [f"-oDir::{name}={folder}" for name, folder in folders.items()]
    command = ["apt-get", "-q", *options, "-oAcquire::Languages=none", "-oAcquire::Retries=2", *words]
    try:
        said = subprocess.run(command, cwd=work / "package", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=300)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"apt-get {words[0]} did not end within five minutes") from None
    return said.returncode, said.stdout


def complaint(said):
    """The line of apt's that says most: what it could not fetch, else its first error."""
    lines = said.splitlines()
    ranked = [line for line in lines if "Failed to fetch" in line] + [line for line in lines if line.startswith("E: ")]
    return (ranked or lines or ["it said nothing"])[0].removeprefix("W: ").removeprefix("E: ")


def unpack(archive, target):
    """The archive's one folder becomes `target`."""
    with tarfile.open(archive) as opened:
        for member in opened:
            _, _, member.name = member.name.partition("/")
            if member.name and (member.isfile() or member.isdir()):
                opened.extract(member, target, filter="data") if hasattr(tarfile, "data_filter") else opened.extract(member, target)


def fetch(package):
    """The folder of the package's source, fetched if it is not there; raises Unavailable."""
    if find(package):
        return find(package)
    if not shutil.which("apt-get"):
        raise Unavailable("no apt-get here")
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{package}-", dir=CACHE) as name:
        work = pathlib.Path(name)
        write_archives(work / "parts")
        for folder in ("lists/partial", "cache/archives/partial", "package"):
            (work / folder).mkdir(parents=True)
        # An archive without sources, or out of reach, fails the update; whether the package was found is what counts.
        _, updated = apt_get(work, "update")
        status, said = apt_get(work, "source", "--download-only", "--only-source", package)
        if status:
            raise Unavailable(f"apt-get cannot fetch the source of {package}: {complaint(updated + said)}")
        archives = [path for path in (work / "package").glob("*.orig.tar.*") if path.suffix != ".asc"]
        if len(archives) != 1:
            raise Unavailable(f"the source of {package} is not one archive of its makers'")
        unpack(archives[0], work / "unpacked")
        try:
            (work / "unpacked").rename(CACHE / package)
        except OSError:
            # Somebody else was faster.
            if not find(package):
                raise
    return CACHE / package


def main():
    if len(sys.argv) != 2 or not re.fullmatch(r"[a-z0-9][a-z0-9.+-]+", sys.argv[1]):
        print(f"usage: {sys.argv[0]} PACKAGE", file=sys.stderr)
        return 2
    try:
        print(fetch(sys.argv[1]))
    except (Unavailable, OSError, tarfile.TarError) as error:
        print(f"debian_source.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
