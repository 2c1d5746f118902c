#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Removes each duty from the code and watches its test fail.

Each mutation below is a small change of a file under src/ with the tests that must notice it. The tree is copied to a scratch
folder and built there; mutation after mutation is applied, built, tested, and taken back. Takes a quarter of an hour or more.

  tests/boundary/mutations.py                 all of them
  tests/boundary/mutations.py --only A9       those whose name contains A9
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ENTRY = "src/enclave/entry/entry.S"
STATE = "src/enclave/entry/extended_state.S"
MEMORY = "src/enclave/host_memory.cc"
EXCEPTION = "src/enclave/signal/exception.cc"
FUTEX = "src/enclave/thread/futex.cc"
MICROCODE = "src/device/soft/microcode.S"
TARGETS = ["sgxx_boundary_test", "sgxx_boundary_outside_test"]
LIAR = "sgxx_lying_host_test"
FOLDER = "src/enclave/folder/calls.cc"

PROGRAM_CALLS = "src/enclave/syscall/program_calls.cc"

# (name, file, text, replacement, tests that must fail). A text must occur; its first occurrence is replaced, or all with "*".
MUTATIONS = [
    ("A1 no CLD at the entry", ENTRY, "runtime_entry:\n        cld\n", "runtime_entry:\n        nop\n", "Speculation.TheEntryBeginsWithCld"),
    ("A1-A3 flags stay the host's", ENTRY, "        pushq   $0x202\n        popfq\n        mov     $-1, %eax", "        mov     $-1, %eax",
     "*EntryState.IsTheSame*"),
    ("A1 DF stays in handlers", "src/enclave/signal/deliver.cc", "kFlagsCleared = 0x40500", "kFlagsCleared = 0x40100",
     "Instructions.FaultsBecomeSignals*"),
    ("A2 AC stays in handlers", "src/enclave/signal/deliver.cc", "kFlagsCleared = 0x40500", "kFlagsCleared = 0x500",
     "Instructions.FaultsBecomeSignals*"),
    ("A4 x87 state stays the host's", ENTRY, "        popfq\n        mov     $-1, %eax", "        popfq\n        mov     $-2, %eax",
     "*EntryState.IsTheSame*"),
    ("A5 MXCSR", ENTRY, "XSTATE_IMAGE enclave_xstate, 0x1fbf", "XSTATE_IMAGE enclave_xstate, 0x1f80", "*EntryState.IsTheSame*"),
    ("A6 extended state stays the host's", ENTRY, "        xrstor64 enclave_xstate(%rip)\n", "", "*EntryState.IsTheSame*"),
    ("A4 x87 state stays the host's where it returns", STATE, "        jnz     2f\n        CLEAR_VECTORS", "        CLEAR_VECTORS", "*EntryState.IsTheSame*"),
    ("A6 a YMM register stays the host's", STATE, "1:      vzeroall\n", "1:\n", "*EntryState.IsTheSame*"),
    ("A6 a mask register stays the host's", STATE, "        kxorq   %k\\n, %k\\n, %k\\n\n", "", "*EntryState.IsTheSame*"),
    ("A7, A11 a return is believed without a call", ENTRY, "        cmp     $THREAD_IDLE, %r9d\n",
     "        cmp     $SGXX_ENTER_RETURN, %rdi\n        je      .Lreturn\n        cmp     $THREAD_IDLE, %r9d\n", "Orders.*"),
    ("A11 the kind of an entry is not looked at", ENTRY, "        cmp     $SGXX_ENTER_RETURN, %rdi\n        jne     .Lbad_entry\n", "",
     "Orders.*"),
    ("A11 idle threads may be started", ENTRY, "        lock cmpxchg %edx, boot_started(%rip)\n        jne     .Lbad_entry\n", "", "Orders.*"),
    ("A11 a busy TCS may be entered", MICROCODE, "    jc .Lrefused\nsgxx_soft_eenter_locked:", "sgxx_soft_eenter_locked:", "Orders.*"),
    ("A11 a busy TCS may be resumed", "src/device/soft/aex.cc", "if (__atomic_fetch_or(&tcs.busy, 1, __ATOMIC_ACQ_REL) != 0) return false;",
     "__atomic_fetch_or(&tcs.busy, 1, __ATOMIC_ACQ_REL);", "Orders.*"),
    ("A8 R8 is not cleared at the start", ENTRY, "ebx, ebp, r8d, r9d", "ebx, ebp, r9d", "*EntryState.*"),
    ("A9 XSTATE leaves", STATE, "        xrstor64 (%r9)\n", "", "ExitState.*"),
    ("A9 vector registers leave", STATE, "        vpxord  %xmm\\n, %xmm\\n, %xmm\\n\n", "", "ExitState.*"),
    ("A9 R12 leaves", ENTRY, "r11d, r12d, r13d, r14d, r15d\n        mov     $4, %eax", "r11d, r13d, r14d, r15d\n        mov     $4, %eax", "ExitState.*"),
    ("A10 GS is believed", ENTRY, "        jae     fix_gs_trap\n", "        nop\n", "Instructions.Bases*"),
    ("A12 exceptions use the runtime's stack", ENTRY, "        add     CONFIG_THREAD_EXCEPTION_STACK(%rdx), %rax\n        add     CONFIG_THREAD_EXCEPTION_STACK_LENGTH(%rdx), %rax\n",
     "        add     CONFIG_THREAD_STACK(%rdx), %rax\n        add     CONFIG_THREAD_STACK_LENGTH(%rdx), %rax\n", "*Atomicity*"),
    ("A12 no second look on the way out of a call", EXCEPTION, "if (is_within(state.rip, syscall_exit, syscall_exit_end)) {",
     "if (false) {", "WayOut.OfASystemCall*"),
    ("A12 the second look with the program's stack", EXCEPTION, "      state.rsp = thread->stack_top - sizeof(SyscallFrame);\n", "",
     "WayOut.OfASystemCall*"),
    ("A12 no second look on the way out of an instruction", EXCEPTION,
     "} else if (is_within(state.rip, instruction_exit, instruction_exit_end)) {", "} else if (false) {", "WayOut.OfAnEmulated*"),
    ("A12 no look on the way out of an instruction", ENTRY, "        cmpl    $0, %gs:TB_SIGNAL_PENDING\n        jne     1f\n", "",
     "WayOut.OfAnEmulated*"),
    ("A12 handlers see addresses of stubs", "src/enclave/signal/deliver.cc", "to.rip = address_shown(from.rip)", "to.rip = from.rip",
     "WayOut.*"),
    ("A12 handlers return to where a stub's instructions were", "src/enclave/signal/deliver.cc", "to.rip = address_executed(from.rip)",
     "to.rip = from.rip", "WayOut.*"),
    ("A13 an entry beyond NSSA", MICROCODE, "    cmp TCS_USABLE_FRAMES(%r10), %eax\n    jae .Lrefused_locked\n", "", "Frames.AnEntry*"),
    ("A13 an entry with CSSA = 2", ENTRY, "        ja      .Lbad_entry\n", "", "Frames.TheEntryCode*"),
    ("A14 EXITINFO.VALID is not looked at", EXCEPTION, "if (!cause.valid()) {", "if (false) {", "HostClaims.F*:*Atomicity*"),
    ("A14 a fault is handled twice", EXCEPTION, "  state.exit_info.value = 0;\n", "", "HostClaims.AnException*"),
    ("A15 the exit uses URSP of the frame", ENTRY, "        mov     %rsp, %gs:TB_EXCEPTION_HOST_RSP\n", "", "ExitState.*:Frames.*"),
    ("A16 a barrier is missing", ENTRY, "        cmp     $SGXX_ENTER_RETURN, %rdi\n        jne     .Lbad_entry\n        BARRIER\n",
     "        cmp     $SGXX_ENTER_RETURN, %rdi\n        jne     .Lbad_entry\n", "Speculation.BothArms*"),
    ("A17 SYSCALL is not served", EXCEPTION, "code[1] == 0x05", "code[1] == 0x06", "Instructions.That*"),
    ("A17 CPUID without AES", "src/enclave/cpuid.cc", "== (aes | rdrand | xsave));", "!= 0);", "HostClaims.ACpuid*"),
    ("A18 clocks may run backwards", "src/enclave/tsc_clock.h", "if (replace_latest(before, told)) return told;", "return told;", "HostClaims.Clocks*"),
    ("C a signal that is not admitted", "src/enclave/host_call.cc", " && (admitted >> (reply - 1) & 1) != 0", "", "HostClaims.ASignal*"),
    ("A19 more retries", "src/enclave/random.cc", "kRetries = 10", "kRetries = 1000", "HostClaims.RandomnessIs*"),
    ("A19 no health test", "src/enclave/random.cc", "require(repeats == 0", "require(repeats >= 0", "HostClaims.RandomnessThat*"),
    ("A20 an abort is forgotten", ENTRY, "        test    %r8d, %r8d\n        jne     .Lrefuse\n", "", "Orders.*"),
    ("B1 only the end is checked", MEMORY, "*end <= base || begin.value >= base", "begin.value >= base", "Outside.*"),
    ("B1 wrapping is not seen", MEMORY, "if (!end || *end > kUserSpaceEnd) return false;", "if (!end) return false;", "Outside.*"),
    ("B5 rounding may wrap", MEMORY, " && length <= kUserSpaceEnd", "", "Outside.*"),
    ("B2 the reply is read twice", "src/enclave/host_call.cc", "  return reply.value;",
     "  return fetch<i64>(current().host_area + offsetof(abi::HostArea, reply));",
     "Access.*"),
    ("B4 the last word is copied whole", MEMORY, "  const u64 whole = align_down(length, 8);\n  if (copy_words_to_host(",
     "  length = align_up(length, 8);\n  const u64 whole = align_down(length, 8);\n  if (copy_words_to_host(", "Access.Nothing*"),
    ("B6, B7 memcpy from the host", MEMORY, "  copy_words_from_host(to, from.value, whole / 8);\n",
     "  copy_program_bytes(to, reinterpret_cast<const void*>(from.value), whole);\n", "Access.OnlyThe*"),
    ("B8 no LFENCE behind the check", MEMORY, '  asm volatile("lfence" ::: "memory");\n', "", "Access.OnlyThe*"),
    ("B9 ELRANGE lies elsewhere", "src/host/loader.cc", "    secs.size = size;\n", "    secs.size = size;\n    secs.base = u64{1} << 40;\n",
     "Memory.ANull*"),
    ("B10 arguments are not counted", "src/enclave/boot.cc", "  require_start(strings == start_info.argument_count);\n", "",
     "HostClaims.StartInformation*"),
    ("B11 fresh pages are not zeroed", "src/enclave/memory/mappings.cc",
     "        require(zero_program_bytes(reinterpret_cast<void*>(used), bytes) == 0, abi::AbortReason::runtime_fault);\n", "",
     "Memory.Nobodys*"),
    ("B12 EACCEPT's answer is not looked at", "src/enclave/memory/mappings.cc",
     "  require(accept_pages(begin, length / kPageSize) == 0, abi::AbortReason::memory_refused);\n",
     "  (void)accept_pages(begin, length / kPageSize);\n", "Dynamic.AnotherKind*"),
    ("B12 EACCEPT that faults is tried again", "src/enclave/signal/exception.cc",
     "  require(!is_within(state.rip, accept_begin, accept_end), abi::AbortReason::memory_refused);\n",
     "  if (is_within(state.rip, accept_begin, accept_end)) return true;\n", "Dynamic.AHostThatAddsNothing*"),
    ("B12 a page that came back is accepted again", "src/enclave/memory/mappings.cc",
     "    return faulted != thread.retried_page && (thread.retried_page = faulted, true);\n",
     "    return accept_pages(faulted, 1) == 0 || thread.retried_page == 1;\n", "Dynamic.APageThat*"),
    ("B12 pages are accepted that nobody asked for", "src/enclave/memory/mappings.cc",
     "  for_each_run(block, kStackGrowth, may_come, accept_missing);\n", "  accept_missing(block, kStackGrowth);\n", "Dynamic.OnlyPages*"),
    ("B13 writable and executable segments", "src/elf/file.cc", "if ((header.p_flags & PF_W) != 0 && (header.p_flags & PF_X) != 0) {",
     "if (header.p_flags == ~0u) {", "Memory.AProgramWith*"),
    ("B14 a constant canary", "src/enclave/boot.cc", "const u64 canary = random_word() & ~u64{0xff};", "const u64 canary = 0x1234500;",
     "Memory.RandomThings*"),
    ("B15 a futex's value is checked before a host call", FUTEX, "    if (value != expected) return fail(Errno::again);\n",
     "    if (value != expected) return fail(Errno::again);\n    buckets[index].lock.unlock();\n    host::yield();\n    buckets[index].lock.lock();\n",
     "*Races*"),
    ("B15 a sleeper looks before a host call", FUTEX, "  thread.waiting.store(1);\n  sleepers.fetch_add(1, std::memory_order_relaxed);\n  if (!done() &&",
     "  const bool was_done = done();\n  host::yield();\n  thread.waiting.store(1);\n  sleepers.fetch_add(1, std::memory_order_relaxed);\n  if (!was_done &&",
     "*Races*"),
    ("B15 a thread's block is free before a host call", "src/enclave/thread/threads.cc",
     "      u32 free = 0;\n      if (!block.in_use.compare_exchange_strong(free, 1)) continue;\n",
     "      if (block.in_use.load() != 0) continue;\n      host::yield();\n      block.in_use.store(1);\n", "*Races*"),
    ("B15 a descriptor is free before a host call", "src/enclave/file/descriptors.cc", "    if (entry_of(i) != 0) continue;\n",
     "    if (entry_of(i) != 0) continue;\n    table_lock.unlock();\n    host::yield();\n    table_lock.lock();\n", "*Races*"),
    ("B15 pages are free before a host call", "src/enclave/memory/mappings.cc",
     "      if (address == 0) address = find_free(length, kPageSize);\n",
     "      if (address == 0) address = find_free(length, kPageSize);\n      memory_lock.unlock();\n      host::yield();\n      memory_lock.lock();\n",
     "*Races*"),
    ("B15 a pipe's room is counted before a host call", "src/enclave/file/pipe.cc", "  const u64 room = Pipe::kCapacity - pipe.length;\n",
     "  const u64 room = Pipe::kCapacity - pipe.length;\n  const u64 end = pipe.length;\n  pipe.lock.unlock();\n  host::yield();\n  pipe.lock.lock();\n  pipe.length = end;\n", "*Races*"),
    ("B16 a barrier counts as passed when the host was asked", "src/enclave/thread/fences.cc",
     "if (round % kAskAgain == 0) host::thread_interrupt(thread.index);", "return host::thread_interrupt(thread.index);", "Fences.*"),
    ("D1 attributes are not pinned", "src/image/sigstruct.cc", "s.attribute_mask.flags = ~u64{0};", "s.attribute_mask.flags = ~u64{0x82};",
     "Identity.EveryAttribute*"),
    ("D1 XFRM is not pinned", "src/image/sigstruct.cc", "s.attribute_mask.xfrm = ~(", "s.attribute_mask.xfrm = 0 & ~(", "Identity.Only*"),
    ("D3 MISCSELECT is not pinned", "src/image/sigstruct.cc", "s.misc_mask = ~u32{0};", "s.misc_mask = 0;", "Identity.Misc*"),
    ("D4 rights are not measured", "src/image/measurement.cc", "  std::memcpy(&record[16], &info, 48);\n", "  static_cast<void>(info);\n",
     "Identity.TheWhole*"),
    ("D6 the base is taken to be 0", "src/enclave/thread_block.h",
     "return reinterpret_cast<u64>(&enclave_config) - enclave_config.config_offset;", "return 0;", "Identity.TheImage*"),
    ("C a token of the host's is an index", "src/enclave/file/epoll.cc", "  if (index >= slot_count_) return nullptr;\n", "", LIAR),
    ("C events are the host's", "src/enclave/file/events.cc", "entries[at++].ready & (items[i].events | poll_event::always)",
     "u32{entries[at++].ready}", LIAR),
    ("C an address is as long as the host says", "src/enclave/net/address.cc",
     "case family::ip4: return length == kIp4Length;", "case family::ip4: return true;", LIAR),
    ("C an interface's address is as long as the host says", "src/enclave/net/socket_calls.cc",
     " && entry.hardware_length <= entry.hardware.size()", "", LIAR),
    ("C a sleep ends when the host says so", "src/enclave/thread/futex.cc",
     "    sleep_once(thread, deadline, [] { return false; });\n", "    sleep_once(thread, deadline, [] { return false; });\n    return fail(Errno::timedout);\n", LIAR),
    ("C folder: sizes and times are not looked at", FOLDER, "  require(told.size <= kLargest && told.blocks <= kLargest, AbortReason::bad_host_reply);\n", "", LIAR),
    ("C folder: nanoseconds are not looked at", FOLDER,
     "  require(time.nanoseconds >= 0 && time.nanoseconds < 1'000'000'000, AbortReason::bad_host_reply);\n", "", LIAR),
    ("C folder: a pipe is a file", FOLDER, "  if (type != file_mode::regular && type != file_mode::directory && type != file_mode::link) return fail(Errno::acces);\n",
     "", LIAR),
    ("C folder: names are not looked at", "src/enclave/folder/listing.cc",
     "    if (!is_name({reinterpret_cast<const char*>(begin) + sizeof(entry), entry.length})) return false;\n",
     "    (void)is_name({reinterpret_cast<const char*>(begin) + sizeof(entry), entry.length});\n", LIAR),
    ("C folder: the length of a name is not looked at", "src/enclave/folder/listing.cc",
     "entry.length == 0 || entry.length > Directory::kLongestName || length_of(entry) > end - begin", "length_of(entry) > end - begin", LIAR),
    ("C folder: a slash in a name", "src/enclave/folder/listing.cc", " || name.data[i] == '/'", "", LIAR),
    ("C folder: dots among the names", "src/enclave/folder/listing.cc",
     "  if (name == Text::of(\".\") || name == Text::of(\"..\")) return false;\n", "", LIAR),
    ("C folder: a link's target is not looked at", FOLDER, "  require(is_text, AbortReason::bad_host_reply);\n", "", LIAR),
    ("C folder: an append ends where the host says", FOLDER,
     "  require(told >= count && told <= kLargest, AbortReason::bad_host_reply);\n", "", LIAR),
    ("C folder: any error", FOLDER, "  return count_or_error<>(reply, most);\n",
     "  if (reply < 0) return fail(static_cast<Errno>(-reply));\n  return count_or_error<>(reply, most);\n", LIAR),
    ("C names: as many addresses as the host says", "src/enclave/net/socket_calls.cc", "(reply, addresses.size())", "(reply, 4000)", LIAR),
    ("C signals: any that the host names", "src/enclave/host_call.cc",
     "  require(reply >= 1 && reply <= 64 && (admitted >> (reply - 1) & 1) != 0, abi::AbortReason::bad_host_reply);\n", "", LIAR),
    ("E6 a key stays on the runtime's stack", PROGRAM_CALLS, "  memset(bytes, 0, length);\n", "  static_cast<void>(length);\n", "Keys.*"),
]


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)


def failure(build, pattern):
    """How the tests fail, or None when they pass. Most of them take a second or two, none more than twenty; the lying host a minute."""
    if pattern == LIAR:
        return None if run([str(build / "tests" / "boundary" / LIAR)], cwd=build).returncode == 0 else "fail"
    for name in TARGETS:
        binary = build / "tests" / "boundary" / name
        code = run(["timeout", "120", str(binary), f"--gtest_filter={pattern}", "--gtest_brief=1"], cwd=build).returncode
        if code == 124:
            return "hang"
        if code != 0:
            return "fail" if code == 1 else f"end with {code}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--only", default="", help="mutations whose name contains this")
    parser.add_argument("--scratch", default="/tmp/sgxx-mutations", help="folder for the copy of the tree")
    parser.add_argument("-j", "--jobs", default="2")
    options = parser.parse_args()
    scratch = pathlib.Path(options.scratch)
    tree, build = scratch / "tree", scratch / "build"
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    files = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], stdout=subprocess.PIPE, check=True).stdout
    for name in filter(None, files.decode().split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    make = ["ninja", "-C", str(build), f"-j{options.jobs}", *TARGETS, LIAR]
    for command in (["cmake", "-S", str(tree), "-B", str(build), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=RelWithDebInfo"], make):
        result = run(command)
        if result.returncode:
            print(result.stdout[-3000:])
            return 2
    missed = []
    for name, path, text, replacement, tests in MUTATIONS:
        if options.only not in name:
            continue
        file = tree / path
        before = file.read_text()
        if text not in before:
            print(f"STALE   {name}: the text to change is not in {path}")
            missed.append(name)
            continue
        file.write_text(before.replace(text, replacement, 1))
        built = run(make)
        if built.returncode:
            print(f"BROKEN  {name}: does not compile\n{built.stdout[-800:]}")
            missed.append(name)
        elif (how := failure(build, tests)) is None:
            print(f"MISSED  {name}: {tests} pass")
            missed.append(name)
        else:
            print(f"caught  {name}: {tests} {how}")
        sys.stdout.flush()
        file.write_text(before)
    run(make)
    print(f"{len(missed)} not caught" if missed else "every mutation was caught")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
