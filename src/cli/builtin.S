/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs as data: the trusted runtime and the software SGX's quoting enclave. SGXX_RUNTIME and SGXX_QUOTING_ENCLAVE are the
 * files' paths.
 */
        .section .rodata
        .balign 16
        .globl sgxx_runtime_begin, sgxx_runtime_end
sgxx_runtime_begin:
        .incbin SGXX_RUNTIME
sgxx_runtime_end:
        .balign 16
        .globl sgxx_quoting_enclave_begin, sgxx_quoting_enclave_end
sgxx_quoting_enclave_begin:
        .incbin SGXX_QUOTING_ENCLAVE
sgxx_quoting_enclave_end:
        .section .note.GNU-stack, "", @progbits
