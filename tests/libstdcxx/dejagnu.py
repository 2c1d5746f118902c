# SPDX-License-Identifier: Apache-2.0
"""Reads the dg- directives of one test of libstdc++ and decides whether and how it is to be compiled.

Only what the execution tests use is understood. A condition that names an unknown
property makes the test unsupported, by name, rather than run under a wrong assumption.
"""

import dataclasses
import fnmatch
import re
import shlex

TRIPLET = "x86_64-pc-linux-gnu"
STANDARDS = {"98": 1998, "11": 2011, "14": 2014, "17": 2017, "20": 2020, "2a": 2020, "23": 2023, "2b": 2023}

# What a static-PIE for x86-64 Linux, made by Debian's g++ 12, offers to tests.
OFFERED = {"lp64", "pthread", "gthreads", "futex", "cxx11_abi", "random_device", "ieee_floats", "tls_runtime", "size32plus",
           "static", "fpic", "exceptions_enabled", "std_allocator_new", "dfp", "hosted", "large_long_double", "net_ts_ip",
           "int128", "avx_runtime", "rtti"}
NOT_OFFERED = {"simulator", "ia32", "ilp32", "llp64", "newlib", "lto", "run_expensive_tests", "tbb_backend", "stacktrace",
               "lax_strtofp", "dummy_wcsftime", "broken_cplxf_arg", "newlib_broken_long_double_io", "debug_mode", "x32"}

# dg-require-NAME without an argument to look at: offered, or the reason why not.
REQUIRES = {name: None for name in (
    "cstdint", "c-std", "cmath", "gthreads", "gthreads-timed", "atomic-builtins", "thread-fence", "string-conversions", "time",
    "sleep", "sched-yield", "swprintf", "little-endian", "normal-namespace", "binary-io", "nprocs", "cxa-atexit",
    "static-libstdcxx", "normal-mode", "fileio", "filesystem-ts", "mkfifo", "fork", "iconv")}
REQUIRES["sharedlib"] = "needs a shared library"

# Requirements of which an enclave without mounts and without other processes can give nothing.
OUTSIDE_ONLY = {"fileio": "reads or writes files", "filesystem-ts": "uses the file system", "mkfifo": "makes a named pipe",
                "fork": "makes a process", "iconv": "loads character sets from files"}


class Unsupported(Exception):
    """The test is not for this compiler, this machine, or a static program."""


@dataclasses.dataclass
class Test:
    options: list
    expect_failure: bool = False
    timeout_factor: float = 1.0
    outside_only: str = None


def words_of(text):
    return re.findall(r'"(?:[^"\\]|\\.)*"|[{}]|[^\s{}"]+', text)


def parse_groups(words):
    """Nested lists for nested braces."""
    stack = [[]]
    for word in words:
        if word == "{":
            stack.append([])
        elif word == "}":
            if len(stack) == 1:
                break
            done = stack.pop()
            stack[-1].append(done)
        else:
            stack[-1].append(word)
    return stack[0]


def directives(text):
    for match in re.finditer(r"\{ (dg-[a-z-]+)([^\n]*)", text):
        yield match.group(1), parse_groups(words_of(match.group(2)))


def holds(selector, standard):
    """Evaluates a target selector: names and triplet patterns with !, && and ||; neighbours are alternatives."""
    if isinstance(selector, str):
        return holds_word(selector.strip('"'), standard)
    if not selector:
        return True
    if selector[0] == "!":
        first, rest = not holds(selector[1], standard), selector[2:]
    else:
        first, rest = holds(selector[0], standard), selector[1:]
    if not rest:
        return first
    if rest[0] == "&&":
        return first and holds(rest[1:], standard)
    if rest[0] == "||":
        return first or holds(rest[1:], standard)
    return first or holds(rest, standard)


def holds_word(word, standard):
    match = re.fullmatch(r"c\+\+(98|11|14|17|20|2a|23|2b)(_only|_down)?", word)
    if match:
        wanted = STANDARDS[match.group(1)]
        return {"_only": standard == wanted, "_down": standard <= wanted, None: standard >= wanted}[match.group(2)]
    if "-" in word:
        return fnmatch.fnmatch(TRIPLET, word)
    if word in OFFERED or word in NOT_OFFERED:
        return word in OFFERED
    raise Unsupported(f"unknown property {word}")


def target_of(groups):
    """The selectors of a trailing { target ... xfail ... } group: (target or None, xfail or None)."""
    found = {"target": None, "xfail": None}
    for group in groups:
        if not isinstance(group, list):
            continue
        key = None
        for item in group:
            if isinstance(item, str) and item in found:
                key = item
                found[key] = []
            elif key:
                found[key].append(item)
    return found["target"], found["xfail"]


def option_words(groups):
    if groups and isinstance(groups[0], str):
        return shlex.split(groups[0].strip('"').replace('\\"', '"'))
    return []


def gather_options(found, standard):
    options = []
    for name, groups in found:
        if name in ("dg-options", "dg-additional-options"):
            target, _ = target_of(groups)
            if target is None or holds(target, standard):
                options = option_words(groups) if name == "dg-options" else options + option_words(groups)
        elif name == "dg-add-options":
            for word in groups:
                options += {"no_pch": ["-D__GLIBCXX__=99999999"], "libatomic": ["-latomic"],
                            "using-deprecated": ["-U_GLIBCXX_USE_DEPRECATED", "-D_GLIBCXX_USE_DEPRECATED=1"]}.get(word, [])
    return options


def standard_of(options):
    standard = 2017
    for option in options:
        match = re.fullmatch(r"-std=(?:c|gnu)\+\+(\w+)", option)
        if match and match.group(1) in STANDARDS:
            standard = STANDARDS[match.group(1)]
    return standard


def skipped_by(groups, options, standard):
    """dg-skip-if "why" { selector } [{ options } [{ but not with }]]"""
    selector = groups[1] if len(groups) > 1 else []
    if not holds(selector, standard):
        return False
    if len(groups) < 3 or not groups[2]:
        return True
    return any(fnmatch.fnmatch(option, pattern.strip('"')) for pattern in groups[2] for option in options)


def check_requirement(name, groups, options):
    """Raises Unsupported, or returns why the test cannot work in an enclave without mounts, or None."""
    if name == "effective-target":
        if groups and not holds(groups[0] if len(groups) == 1 else groups, standard_of(options)):
            raise Unsupported(f"needs {groups[0]}")
        return None
    if name == "namedlocale":
        raise Unsupported("needs a named locale")
    if name == "debug-mode" and "-D_GLIBCXX_DEBUG" not in options:
        raise Unsupported("needs debug mode")
    if name == "parallel-mode" and "-D_GLIBCXX_PARALLEL" not in options:
        raise Unsupported("needs parallel mode")
    if name in ("debug-mode", "parallel-mode"):
        return None
    if name not in REQUIRES:
        raise Unsupported(f"unknown requirement {name}")
    if REQUIRES[name]:
        raise Unsupported(REQUIRES[name])
    return OUTSIDE_ONLY.get(name)


def read(text):
    """Returns the Test that the text of a source file asks for; raises Unsupported."""
    found = list(directives(text))
    standard = standard_of(gather_options(found, 2017))
    options = gather_options(found, standard)
    test = Test(options)
    for name, groups in found:
        if name == "dg-do":
            if not groups or groups[0] != "run":
                raise Unsupported("not an execution test")
            target, xfail = target_of(groups)
            if target is not None and not holds(target, standard):
                raise Unsupported("not for this standard or target")
            if xfail is not None and holds(xfail, standard):
                test.expect_failure = True
        elif name == "dg-xfail-run-if" and skipped_by(groups, options, standard):
            test.expect_failure = True
        elif name == "dg-skip-if" and skipped_by(groups, options, standard):
            raise Unsupported("skipped on this target")
        elif name == "dg-timeout-factor":
            test.timeout_factor = float(groups[0])
        elif name == "dg-error":
            raise Unsupported("not an execution test")
        elif name.startswith("dg-require-"):
            test.outside_only = check_requirement(name.removeprefix("dg-require-"), groups, options) or test.outside_only
    return test
