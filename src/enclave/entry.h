// SPDX-License-Identifier: Apache-2.0
//
// What entry.S, extended_state.S and copy.S offer to C++, and what they call.
#pragma once

#include "enclave/thread_block.h"

namespace sgxx::enclave {

extern "C" {
extern u32 enclave_aborted;  // an AbortReason, 0 while the enclave lives
extern u64 first_thread_block, thread_blocks_length;
extern u32 enclave_components, xsave_components;

// Called by entry.S.
[[noreturn]] void start_thread(u64 host_area, ThreadBlock* block);
void handle_exception(ThreadBlock* block);
u64 serve_syscall(SyscallFrame* frame);
u32 prepare_return(SyscallFrame* frame);
void attend_for_program();
void serve_cpuid(InstructionFrame* frame);
void serve_rdtsc(InstructionFrame* frame);
void serve_rdtscp(InstructionFrame* frame);
void serve_xgetbv(InstructionFrame* frame);

// Offered by entry.S.
void leave_for_host();
[[noreturn]] void leave_for_good(u64 kind, u64 value, u32 state);
[[noreturn]] void leave_from_exception(u64 kind, u64 value);
[[noreturn]] void enter_program(SyscallFrame* frame);
[[noreturn]] void return_from_signal();
[[noreturn]] void attend_interrupted();
void read_tsc(u64* low, u64* high);
u64 accept_pages(u64 first, u64 count);
void execute_ereport(const isa::TargetInfo* target, const void* report_data, isa::Report* report);
u32 execute_egetkey(const isa::KeyRequest* request, isa::Key128* key);  // an isa::SgxError

// Offered by extended_state.S.
void save_xstate();
void keep_xstate();
void forget_vectors();

// Places in entry.S and copy.S that the exception handler knows.
extern const char runtime_syscall[], syscall_exit[], syscall_exit_end[], deliver_signal_trap[];
extern const char instruction_exit[], instruction_exit_end[], instruction_signal_trap[];
extern const char fix_gs_trap[], rdtsc_trap[], return_from_signal_trap[], attended_trap[];
extern const char runtime_cpuid[], runtime_rdtsc[], runtime_rdtscp[], runtime_xgetbv[];
extern const char vdso_image[];
extern const char accept_begin[], accept_end[];
extern const char copy_begin[], copy_end[], copy_fault[], runtime_text_begin[], runtime_text_end[];

// Offered by copy.S; 0 or 1 for a fault on the program's side.
u64 copy_words_from_host(void* to, u64 from, u64 words);
u64 copy_words_to_host(u64 to, const void* from, u64 words);
u64 copy_program_bytes(void* to, const void* from, u64 length);
u64 zero_program_bytes(void* to, u64 length);
u64 load_program_word(const void* from, u32* value);
u64 exchange_program_word(void* at, u32 expected, u32 desired, u32* seen);
}

/// Takes away the environment variable that boot put there for the C library's start-up code.
void hide_tunables();

inline u64 address_of(const char* place) { return reinterpret_cast<u64>(place); }

}  // namespace sgxx::enclave
