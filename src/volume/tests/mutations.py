#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Takes each of its duties from the engine of volumes and watches a test fail.

One changed file is compiled apart and linked in front of the library that has the right one, so nothing in the tree or the build
changes. Needs a build of sgxx_volume_native_test.

  src/volume/tests/mutations.py [--build build/release] [--only H4]
"""

import argparse
import json
import pathlib
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
VOLUME = ROOT / "src/volume"
TEST = "src/volume/sgxx_volume_native_test"

# (name, file, text, replacement, tests that must fail). A text must occur; its first occurrence is replaced.
MUTATIONS = [
    ("H1 ahead of any anchor", "superblock.cc", "&& state.anchored == *expected", "", "Rollback.AFork*"),
    ("H1 the generation is enough", "superblock.cc", "state.anchor == *expected ||", "state.anchor.generation == expected->generation ||",
     "Rollback.AStateOfTheSame*"),
    ("H1 anything is acceptable", "superblock.cc", "if (!expected) return true;", "return true;", "Rollback.OfTheWhole*"),
    ("H2 the place is not authenticated", "block_store.cc", "          sizeof(Place),", "          0,", "Blocks.EveryBitOfABlock*"),
    ("H2 the nonce does not name the block", "block_store.cc",
     "item.nonce = {static_cast<u32>(block), static_cast<u32>(block >> 32), item.place.level};", "(void)block; item.nonce = {};",
     "Blocks.ABlockThatIsMoved*"),
    ("H2 a superblock fits any slot", "parse.cc", "&& superblock.slot == slot", "", "Blocks.EveryBitOfASuperblock*"),
    ("H3 the size of the disk", "volume.cc", "if (TRY(environment_.disk.size()) < state.block_count)",
     "if (TRY(environment_.disk.size()) < 1)", "Tamper.EveryTruncation*"),
    ("H3 the tag of the header", "header.cc", "    if (is_whole) return {};", "    return {};", "Blocks.EveryBitOfAHeader*"),
    ("H4 freed blocks are free at once", "free_space.cc", "if (chunk.fresh->get(bit)) {", "if (true) {", "Crash.AtEveryWriteLeaves*"),
    ("H4 freed blocks are free with the next commit", "free_space.cc", "void FreeSpace::prepared() {",
     "void FreeSpace::prepared() {\n  for (Chunk& chunk : chunks_) std::swap(chunk.open, chunk.preparing), chunk.has_preparing |= chunk.has_open;\n  published();",
     "FreeSpaceTest.ABlockThatAState*"),
    ("H4 the superblock on disk is overwritten", "volume_commit.cc", "const u32 slot = 1 - superblock_;", "const u32 slot = superblock_;",
     "Crash.AtEveryWriteLeaves*"),
    ("H4 no sync before the superblock", "volume_commit.cc", "  TRY(sync());\n  const u32 slot", "  const u32 slot",
     "Crash.AtEveryWriteLeaves*"),
    ("H4 no sync behind the superblock", "volume_commit.cc", "  TRY(sync());\n  Guard", "  Guard", "Crash.AtEveryWriteLeaves*"),
    ("H4 no sync at opening", "volume.cc", "  TRY(sync());\n  TRY(space_.blocks().grow(state.block_count));",
     "  TRY(space_.blocks().grow(state.block_count));", "Crash.AtEveryWriteLeaves*"),
    ("H4 commits go on after a sync that failed", "volume_commit.cc", "  broken_ = synced.error();\n", "", "Crash.AfterASync*"),
    ("H4 the header comes first", "volume.cc", "  TRY(publish(prepared));\n", "", "Crash.AtEveryWriteOfCreating*"),
    ("H4 both headers at once", "volume.cc", "  TRY(write_header(1 - header_copy_, header));\n  TRY(write_header(header_copy_, header));",
     "  TRY(environment_.disk.write(0, as_bytes_of(header)));\n  TRY(environment_.disk.write(1, as_bytes_of(header)));\n  TRY(sync());",
     "Crash.WithinARewrap*"),
    ("H5 names of any kind", "directory.cc", "|| !is_entry_name(text)", "", "VolumeDirectory.*"),
    ("H6 the same keys again", "key_stream.cc", "  wipe(seed.data(), seed.size());\n  ++pieces_;", "  keys_[0] = seed;\n  ++pieces_;",
     "KeyStream.KeysNeverRepeat*"),
    ("H6 no fresh seeds", "key_stream.cc", "|| pieces_ == kPiecesOfSeed", "", "KeyStream.KeysNeverRepeat*"),
    ("H6 a repetition is not looked for", "key_stream.cc", "if (seeds_ != 0 && fingerprint == drawn_)", "if (false)",
     "KeyStream.ASource*"),
    ("H7 no second look", "volume_data.cc", "    } else if (*now == item.pointer) {", "    } else if (true) {", "Volume.ABlockThatIsWritten*"),
    ("H8 records without times", "volume_objects.cc", "  place = record;\n", "  place = record;\n  place.modified = 0;\n", "Volume.Records*"),
    ("space: nothing is kept for removal", "space.cc", "  auto ensured = ensure(guard, 0, Purpose::ordinary);",
     "  auto ensured = ensure(guard, 0, Purpose::promised);", "Volume.AFullOne*"),
    ("space: cut blocks are not given back", "tree_cut.cc", "    space_.blocks().give_back(pointer.block);\n    --leaf", "    --leaf",
     "Volume.CutParts*"),
    ("memory: a node leaks", "tree.cc", "  if (node.children != nullptr) memory_.release", "  if (false) memory_.release", "Memory.*"),
]


def run(command, **keywords):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **keywords)


def compile_command(build, name):
    for entry in json.loads((build / "compile_commands.json").read_text()):
        if entry["file"] == str(VOLUME / name) and "sgxx_volume.dir" in entry["command"]:
            return shlex.split(entry["command"])
    raise SystemExit(f"{name} is not part of {build}")


def link_command(build):
    last = run(["ninja", "-C", str(build), "-t", "commands", "sgxx_volume_native_test"]).stdout.splitlines()
    return next(line for line in reversed(last) if f"-o {TEST}" in line)


def outcome(build, scratch, link, mutation):
    """None when the test fails as it must."""
    _, name, text, replacement, tests = mutation
    source = (VOLUME / name).read_text()
    if text not in source:
        return f"STALE: the text is not in {name}"
    changed, object_file, binary = scratch / name, scratch / "changed.o", scratch / "test"
    changed.write_text(source.replace(text, replacement, 1))
    command = compile_command(build, name)
    command[command.index("-o") + 1] = str(object_file)
    command[command.index("-c") + 1] = str(changed)
    command += ["-Wno-error", "-w"]
    built = run(command, cwd=build)
    if built.returncode:
        return "BROKEN: " + built.stdout[-500:]
    linked = link.split(" && ")[1] if " && " in link else link
    built = run(linked.replace(f"-o {TEST}", f"{object_file} -o {binary}"), cwd=build, shell=True)
    if built.returncode:
        return "BROKEN: " + built.stdout[-500:]
    code = run(["timeout", "120", str(binary), f"--gtest_filter={tests}", "--gtest_brief=1"]).returncode
    return None if code else f"MISSED: {tests} pass"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", default=str(ROOT / "build/release"), type=pathlib.Path)
    parser.add_argument("--only", default="", help="mutations whose name contains this")
    options = parser.parse_args()
    build = options.build.resolve()
    link = link_command(build)
    missed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for mutation in MUTATIONS:
            if options.only not in mutation[0]:
                continue
            wrong = outcome(build, pathlib.Path(scratch), link, mutation)
            print(f"{'caught ' if wrong is None else 'NOT    '} {mutation[0]}{'' if wrong is None else ': ' + wrong}", flush=True)
            missed += wrong is not None
    print(f"{missed} not caught" if missed else "every mutation was caught")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
