/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sgxx-runtime.elf as data. SGXX_RUNTIME is the file's path.
 */
        .section .rodata
        .balign 16
        .globl sgxx_runtime_begin, sgxx_runtime_end
sgxx_runtime_begin:
        .incbin SGXX_RUNTIME
sgxx_runtime_end:
        .section .note.GNU-stack, "", @progbits
