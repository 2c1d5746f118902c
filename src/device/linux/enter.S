/* SPDX-License-Identifier: Apache-2.0 */
/*
 * void sgxx_linux_enter(VdsoCall*): calls __vdso_sgx_enter_enclave on a stack of its own.
 *
 * EENTER saves RSP and RBP in the SSA and ERESUME does not: after an ERESUME from another stack depth the next exception would
 * return into the frame of the EENTER. So every call at one SSA level of one thread happens at one fixed place, the anchor.
 * The vDSO keeps RBX, RBP, R12-R15; it hands RDI, RSI, RDX, R8, R9 through from EEXIT.
 */
#define CALL_FUNCTION 0
#define CALL_RUN 8
#define CALL_ANCHOR 16
#define CALL_HOST_RSP 24
#define CALL_LEAF 32
#define CALL_RESULT 36
#define CALL_RDI 40
#define CALL_RSI 48
#define CALL_RDX 56
#define CALL_R8 64
#define CALL_R9 72

    .text
    .globl sgxx_linux_enter
    .type sgxx_linux_enter, @function
sgxx_linux_enter:
    push %rbp
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    sub $8, %rsp
    stmxcsr (%rsp)
    fnstcw 4(%rsp)
    mov %rsp, CALL_HOST_RSP(%rdi)
    mov CALL_ANCHOR(%rdi), %rsp     /* 16-aligned */
    mov %rdi, -8(%rsp)
    sub $32, %rsp
    mov CALL_RUN(%rdi), %rax
    mov %rax, (%rsp)                /* the seventh argument */
    mov CALL_FUNCTION(%rdi), %r10
    mov CALL_LEAF(%rdi), %ecx
    mov CALL_RSI(%rdi), %rsi
    mov CALL_RDX(%rdi), %rdx
    mov CALL_R8(%rdi), %r8
    mov CALL_R9(%rdi), %r9
    mov CALL_RDI(%rdi), %rdi
    call *%r10
    mov 24(%rsp), %rbx              /* -8 from the anchor */
    mov %eax, CALL_RESULT(%rbx)
    mov %rdi, CALL_RDI(%rbx)
    mov %rsi, CALL_RSI(%rbx)
    mov %rdx, CALL_RDX(%rbx)
    mov %r8, CALL_R8(%rbx)
    mov %r9, CALL_R9(%rbx)
    mov CALL_HOST_RSP(%rbx), %rsp
    cld
    ldmxcsr (%rsp)
    fldcw 4(%rsp)
    add $8, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    pop %rbp
    ret
    .size sgxx_linux_enter, . - sgxx_linux_enter
    .section .note.GNU-stack, "", @progbits
