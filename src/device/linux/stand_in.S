/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests: a function with the calling convention of __vdso_sgx_enter_enclave. It hands its registers to stand_in_enter as a
 * structure {rdi, rsi, rdx, leaf, r8, r9, run, rsp} and, like EEXIT, takes RDI, RSI, RDX, R8, R9 back from it.
 */
    .text
    .globl stand_in_vdso_enter
    .type stand_in_vdso_enter, @function
stand_in_vdso_enter:
    push %rbp
    mov %rsp, %rbp
    push %rbx
    sub $72, %rsp
    mov %rdi, (%rsp)
    mov %rsi, 8(%rsp)
    mov %rdx, 16(%rsp)
    mov %ecx, %eax
    mov %rax, 24(%rsp)
    mov %r8, 32(%rsp)
    mov %r9, 40(%rsp)
    mov 16(%rbp), %rax
    mov %rax, 48(%rsp)
    lea 8(%rbp), %rax
    mov %rax, 56(%rsp)
    mov %rsp, %rdi
    call stand_in_enter
    mov (%rsp), %rdi
    mov 8(%rsp), %rsi
    mov 16(%rsp), %rdx
    mov 32(%rsp), %r8
    mov 40(%rsp), %r9
    mov $-1, %r10
    mov $-1, %r11
    mov $-1, %rcx
    std                             /* the enclave's affair, unless it is cleared */
    add $72, %rsp
    pop %rbx
    leave
    ret
    .size stand_in_vdso_enter, . - stand_in_vdso_enter
    .section .note.GNU-stack, "", @progbits
