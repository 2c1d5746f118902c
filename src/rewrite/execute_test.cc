// SPDX-License-Identifier: Apache-2.0
//
// Runs small pieces of code twice, as assembled and redirected, from the same registers, and compares every register, the flags
// and the red zone afterwards. The runtime's entries are stood in for by code that executes the instruction natively and keeps
// to the protocol of plan.h, no more: it destroys what the protocol allows.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <array>

#include "elf/test_image.h"
#include "rewrite/plan.h"
#include "rewrite/report.h"

// Registers in memory: rax rbx rcx rdx rsi rdi rbp r8..r15 flags, then 16 words of red zone.
asm(R"(
    .data
run_state: .quad 0
run_code_at: .quad 0
run_rax: .quad 0
run_link: .quad 0
    .text
    .globl run_code
run_code:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rdi, run_state(%rip)
    mov %rsi, run_code_at(%rip)
    mov $15, %ecx
1:  mov 120(%rdi,%rcx,8), %rax          # words 16 to 30 of the state are the red zone of the code's frame
    lea -136(%rsp), %rdx
    mov %rax, -8(%rdx,%rcx,8)
    dec %ecx
    jnz 1b
    mov run_state(%rip), %rax
    pushq 120(%rax)
    popfq
    mov 8(%rax), %rbx
    mov 16(%rax), %rcx
    mov 24(%rax), %rdx
    mov 32(%rax), %rsi
    mov 40(%rax), %rdi
    mov 48(%rax), %rbp
    mov 56(%rax), %r8
    mov 64(%rax), %r9
    mov 72(%rax), %r10
    mov 80(%rax), %r11
    mov 88(%rax), %r12
    mov 96(%rax), %r13
    mov 104(%rax), %r14
    mov 112(%rax), %r15
    mov (%rax), %rax
    call *run_code_at(%rip)
    mov %rax, run_rax(%rip)
    mov run_state(%rip), %rax
    mov %rbx, 8(%rax)
    mov %rcx, 16(%rax)
    mov %rdx, 24(%rax)
    mov %rsi, 32(%rax)
    mov %rdi, 40(%rax)
    mov %rbp, 48(%rax)
    mov %r8, 56(%rax)
    mov %r9, 64(%rax)
    mov %r10, 72(%rax)
    mov %r11, 80(%rax)
    mov %r12, 88(%rax)
    mov %r13, 96(%rax)
    mov %r14, 104(%rax)
    mov %r15, 112(%rax)
    mov run_rax(%rip), %rcx
    mov %rcx, (%rax)
    mov -24(%rsp), %rcx                 # of the red zone, what pushfq does not overwrite
    mov %rcx, 128(%rax)
    mov -128(%rsp), %rcx
    mov %rcx, 136(%rax)
    pushfq
    popq 120(%rax)
    cld
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

    .globl entry_syscall, entry_cpuid, entry_rdtsc, entry_rdtscp, entry_xgetbv
entry_syscall:
    mov %rcx, run_link(%rip)
    syscall
    jmp *run_link(%rip)
entry_cpuid:
    mov %rdx, run_link(%rip)
    cpuid
    jmp *run_link(%rip)
entry_rdtsc:
    mov %rdx, run_link(%rip)
    rdtsc
    jmp *run_link(%rip)
entry_rdtscp:
    mov %rdx, run_link(%rip)
    rdtscp
    jmp *run_link(%rip)
entry_xgetbv:
    mov %rdx, run_link(%rip)
    xgetbv
    jmp *run_link(%rip)

    .section .rodata
    .macro sample name
    .globl sample_\name, sample_\name\()_end
sample_\name:
    .endm
    .macro done name
sample_\name\()_end:
    .endm

sample before
    mov $39, %eax
    syscall
    ret
done before

sample several_before
    xor %eax, %eax
    mov $39, %al
    nop
    syscall
    ret
done several_before

sample after
    mov $39, %eax
    jmp 1f
1:  syscall
    mov %rax, %r15
    add %r15, %r15
    ret
done after

sample both_sides
    mov $39, %eax
    test %edi, %edi
    jz 1f
    nop
1:  push %rbx
    syscall
    pop %rbx
    add %rbx, %rax
    ret
done both_sides

sample retried
    xor %ebx, %ebx
1:  inc %ebx
    mov $39, %eax
    syscall
    cmp $3, %ebx
    jb 1b
    ret
done retried

sample conditional_before
    mov $39, %eax
    test $1, %dil
    jnz 1f
    syscall
1:  lea 1(%rax), %rax
    ret
done conditional_before

sample conditional_after
    mov $39, %eax
    jmp 1f
1:  syscall
    test %edi, %edi
    jns 2f
    neg %rax
2:  ret
done conditional_after

sample jump_after
    mov $39, %eax
    jmp 1f
1:  syscall
    nop
    jmp 2f
    ud2
2:  ret
done jump_after

sample return_after
    mov $39, %eax
    push %rbx
    push %rbp
    jmp 1f
1:  syscall
    pop %rbp
    pop %rbx
    ret
done return_after

sample near_data
    mov 1f(%rip), %r13d
    mov $39, %eax
    add %r13d, 2f(%rip)
    cmpb $0x5a, 1f+1(%rip)
    nop
    mov 1f(%rip), %eax
    shr $24, %eax
    cmpl $0x27005a11, 1f(%rip)
    syscall
    sete %bl
    ret
    .balign 4
1:  .long 0x27005a11
2:  .long 0
done near_data

sample near_load_before
    lea 1f(%rip), %r14
    mov 1f(%rip), %eax
    syscall
    sub %r14, %r14
    ret
    .balign 4
1:  .long 39
done near_load_before

sample flags_kept
    cmp $5, %edi
    mov $0, %eax
    mov $0, %ecx
    cpuid
    sete %r8b
    setb %r9b
    ret
done flags_kept

sample cpuid_leaf
    push %rbx
    mov $1, %eax
    xor %ecx, %ecx
    cpuid
    and $0xffffff, %ebx
    xor %ebx, %ebx
    pop %rbx
    ret
done cpuid_leaf

sample timestamps
    mov %edi, %r8d
    nop
    nop
    rdtsc
    mov %edi, %r9d
    nop
    nop
    rdtscp
    xor %eax, %eax
    xor %edx, %edx
    ret
done timestamps

sample extended_control
    xor %ecx, %ecx
    nop
    xgetbv
    ret
done extended_control
    .text
)");

extern "C" {
void run_code(void* state, const void* code);
void entry_syscall();
void entry_cpuid();
void entry_rdtsc();
void entry_rdtscp();
void entry_xgetbv();
}

// clang-format off
#define SAMPLES(X)                                                                                                       \
  X(before) X(several_before) X(after) X(both_sides) X(retried) X(conditional_before) X(conditional_after) X(jump_after) \
  X(return_after) X(near_data) X(near_load_before) X(flags_kept) X(cpuid_leaf) X(timestamps) X(extended_control)
// clang-format on
#define DECLARE(name) extern "C" const sgxx::u8 sample_##name[], sample_##name##_end[];
SAMPLES(DECLARE)

namespace sgxx::rewrite {
namespace {

namespace place = elf::test::place;

struct State {
  enum Register { rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15, flags, high_red_zone, low_red_zone };
  std::array<u64, 32> words{};
};

/// Maps `program`, stubs and entries as they would lie in ELRANGE.
class Area {
 public:
  static constexpr u64 kProgram = 0x10000, kStubs = 0x20000, kEntries = 0x30000, kSize = 0x40000;

  Area() : base_(static_cast<u8*>(mmap(nullptr, kSize, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    if (base_ == MAP_FAILED) throw std::runtime_error("mmap");
    u64 at = kEntries;
    for (auto* entry : {entry_syscall, entry_cpuid, entry_rdtsc, entry_rdtscp, entry_xgetbv}) {
      u8 jump[] = {0xff, 0x25, 0, 0, 0, 0};  // jmp *0(%rip)
      write(at, jump);
      auto address = reinterpret_cast<u64>(entry);
      write(at + sizeof(jump), as_bytes_of(address));
      at += 16;
    }
  }
  ~Area() { munmap(base_, kSize); }
  Area(const Area&) = delete;

  static Targets targets() {
    return {EnclaveOffset(kEntries), EnclaveOffset(kEntries + 16), EnclaveOffset(kEntries + 32), EnclaveOffset(kEntries + 48),
            EnclaveOffset(kEntries + 64)};
  }
  void write(u64 at, ByteView bytes) { std::memcpy(base_ + at, bytes.data(), bytes.size()); }
  State run(State state) {
    run_code(&state, base_ + kProgram + place::code);
    return state;
  }

 private:
  u8* base_;
};

struct Sample {
  const char* name;
  ByteView code;
};

class Redirected : public testing::TestWithParam<Sample> {};

TEST_P(Redirected, BehavesAsAssembled) {
  ByteView code = GetParam().code;
  elf::test::ImageSpec spec;
  spec.code.assign(code.begin(), code.end());
  spec.symbols = {{"f", place::code, code.size(), elf::SymbolKind::function}};
  auto image = elf::test::make_image(spec);
  auto file = elf::File::parse(image);
  ASSERT_TRUE(file.ok());
  auto made = plan(*file, Area::targets(), EnclaveOffset(Area::kProgram), EnclaveOffset(Area::kStubs));
  ASSERT_TRUE(made.ok());
  ASSERT_EQ(made->count(Decision::redirected), made->sites.size()) << report(*made, Detail::every_site);
  ASSERT_GE(made->sites.size(), 1u);

  Area original, redirected;
  for (Area* area : {&original, &redirected}) area->write(Area::kProgram + place::code, code);
  redirected.write(Area::kStubs, made->stubs);
  for (const Patch& patch : made->patches) redirected.write(patch.at.value, patch.bytes);

  for (u64 input : {u64{0}, u64{1}, u64{5}, u64{6}, ~u64{0}}) {
    State before;
    for (std::size_t i = 0; i < before.words.size(); ++i) before.words[i] = 0x1111'0000'0000'0000 + i;
    before.words[State::rdi] = input;
    for (u64 flags : {u64{0x202}, u64{0xad7}}) {  // all clear; CF, PF, AF, ZF, SF and OF set
      before.words[State::flags] = flags;
      State expected = original.run(before);
      State got = redirected.run(before);
      for (std::size_t i = 0; i <= State::low_red_zone; ++i) {
        // A syscall leaves the address behind it in rcx and the flags in r11; the runtime need not. rdtscp's rcx is the
        // processor.
        if (i == State::rcx || i == State::r11) continue;
        EXPECT_EQ(got.words[i], expected.words[i]) << "word " << i << " input " << input << " flags " << flags;
      }
    }
  }
}

#define SAMPLE(name) Sample{#name, {sample_##name, sample_##name##_end}},
INSTANTIATE_TEST_SUITE_P(Samples, Redirected, testing::ValuesIn(std::vector<Sample>{SAMPLES(SAMPLE)}),
                         [](const auto& test_case) { return test_case.param.name; });

}  // namespace
}  // namespace sgxx::rewrite
