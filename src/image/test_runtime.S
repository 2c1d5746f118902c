/* SPDX-License-Identifier: Apache-2.0 */
/* For tests: an ELF that has what the packer needs from the runtime, and does nothing. */
    .section .config, "a"
    .zero 4096

    .text
    .globl runtime_entry, runtime_syscall, runtime_cpuid, runtime_rdtsc, runtime_rdtscp, runtime_xgetbv
runtime_entry:   ud2
runtime_syscall: ud2
runtime_cpuid:   ud2
runtime_rdtsc:   ud2
runtime_rdtscp:  ud2
runtime_xgetbv:  ud2

    .section .rodata
    .asciz "constants"
    .data
    .quad 0x1122334455667788
    .bss
    .zero 10000
    .section .note.GNU-stack, "", @progbits
