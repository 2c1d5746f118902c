#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Takes duties from the code, one at a time, and watches a test fail.

The suites are the modules beside this file. Each lists small changes of files under src/, with the tests that must notice them.
The tree is copied to a scratch folder and built there; change after change is made, built, tested, and taken back.

  tests/mutations/run.py                      all of them: an hour and more
  tests/mutations/run.py volume --only H4     those of one suite whose name contains H4
  tests/mutations/run.py --check              only whether each change still has its place in the code
"""

import argparse
import importlib
import pathlib
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SUITES = ["boundary", "verify", "volume"]


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)


def copy_tree(tree):
    shutil.rmtree(tree, ignore_errors=True)
    files = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], stdout=subprocess.PIPE, check=True).stdout
    for name in filter(None, files.decode().split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)


def failure(build, suite, tests):
    """How the tests fail, or None when they pass. Most take a second or two; the lying host a minute."""
    if tests in suite.PROGRAMS:
        return None if run([str(build / tests)], cwd=build).returncode == 0 else "fails"
    for binary in suite.BINARIES:
        code = run(["timeout", "120", str(build / binary), f"--gtest_filter={tests}", "--gtest_brief=1"], cwd=build).returncode
        if code == 124:
            return "hangs"
        if code != 0:
            return "fails" if code == 1 else f"ends with {code}"
    return None


def outcome(tree, build, make, suite, mutation):
    """(whether the change was noticed, a word on it)"""
    _, path, text, replacement, tests = mutation
    file = tree / path
    before = file.read_text()
    if text not in before:
        return False, f"the text to change is not in {path}"
    file.write_text(before.replace(text, replacement, 1))
    built = run(make)
    how = None if built.returncode else failure(build, suite, tests)
    file.write_text(before)
    if built.returncode:
        return False, f"does not compile\n{built.stdout[-800:]}"
    return how is not None, f"{tests} {how or 'passes'}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", nargs="*", metavar="SUITE", help=f"of {', '.join(SUITES)}; all by default")
    parser.add_argument("--only", default="", help="changes whose name contains this")
    parser.add_argument("--check", action="store_true", help="build and run nothing")
    parser.add_argument("--scratch", default="/tmp/sgxx-mutations", help="folder for the copy of the tree")
    parser.add_argument("-j", "--jobs", default="2")
    options = parser.parse_args()
    if unknown := set(options.suite) - set(SUITES):
        parser.error(f"no suite {', '.join(sorted(unknown))}: there are {', '.join(SUITES)}")
    suites = [importlib.import_module(name) for name in options.suite or SUITES]
    chosen = [(suite, mutation) for suite in suites for mutation in suite.MUTATIONS if options.only in mutation[0]]
    if not chosen:
        parser.error(f"no change has {options.only!r} in its name")
    if options.check:
        lost = [mutation[0] for _, mutation in chosen if mutation[2] not in (ROOT / mutation[1]).read_text()]
        for name in lost:
            print(f"no longer in the code: {name}")
        print(f"{len(chosen)} changes, {len(lost)} without a place")
        return 1 if lost else 0
    scratch = pathlib.Path(options.scratch)
    tree, build = scratch / "tree", scratch / "build"
    copy_tree(tree)
    make = ["ninja", "-C", str(build), f"-j{options.jobs}"]
    make += [pathlib.Path(binary).name for suite in suites for binary in suite.BINARIES + suite.PROGRAMS]
    for command in (["cmake", "-S", str(tree), "-B", str(build), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DCMAKE_CXX_FLAGS=-w"], make):
        result = run(command)
        if result.returncode:
            print(result.stdout[-3000:])
            return 2
    missed = 0
    for suite, mutation in chosen:
        noticed, word = outcome(tree, build, make, suite, mutation)
        print(f"{'caught ' if noticed else 'MISSED '} {mutation[0]}: {word}", flush=True)
        missed += not noticed
    print(f"{missed} of {len(chosen)} not caught" if missed else f"all {len(chosen)} were caught")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
