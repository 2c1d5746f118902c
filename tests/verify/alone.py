#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Duties F4, F5 and G5: what judges quotes asks nobody. Looks at what a library takes from elsewhere: no clock, environment, file,
socket or process.
usage: alone.py LIBRARY [--clock]     with --clock it may ask for the time
"""

import re
import subprocess
import sys

ELSEWHERE = {"getenv", "secure_getenv", "environ", "__environ", "open", "open64", "openat", "fopen", "fopen64", "socket", "connect", "getaddrinfo",
             "system", "popen", "fork", "execve", "posix_spawn", "dlopen", "syscall"}
FILES = re.compile(r"basic_(i|o)?fstream|basic_filebuf|filesystem")
CLOCKS = {"time", "clock_gettime", "gettimeofday", "timespec_get"}


def main():
    library = sys.argv[1]
    listed = subprocess.run(["nm", "--undefined-only", "--demangle", "--format=posix", library], capture_output=True, text=True, check=True).stdout
    names = {line.rsplit(" U", 1)[0] for line in listed.splitlines() if " U" in line}
    if not any(name.startswith(("EVP_", "SSL_")) for name in names):
        print(f"{library}: nothing of OpenSSL's in it: is that the verifier?")
        return 1
    asked = {name for name in names if name.split("@")[0] in ELSEWHERE or FILES.search(name)}
    if "--clock" not in sys.argv[2:]:
        asked |= {name for name in names if name.split("@")[0] in CLOCKS or "_clock::now" in name}
    for name in sorted(asked):
        print(f"{library} asks for {name}")
    return 1 if asked else 0


if __name__ == "__main__":
    sys.exit(main())
