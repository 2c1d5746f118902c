#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up ctest's JUnit files and prints one line, `N passed, N failed`; what was skipped is named above it."""

import sys
import xml.etree.ElementTree


def main(paths):
    passed = failed = 0
    for path in paths:
        for case in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
            status = case.get("status")
            if status == "run":
                passed += 1
            elif status == "fail":
                failed += 1
                print(f"failed: {case.get('name')} ({path})")
            else:
                print(f"{'skipped' if case.find('skipped') is not None else status}: {case.get('name')} ({path})")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
