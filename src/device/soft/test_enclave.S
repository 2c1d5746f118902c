/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One page of enclave code for the tests of the software SGX. RDI at EENTER says what to do; RSI is an argument. EEXIT returns
 * its answer in RDI. Its data page lies one page above it, its SSA frames (two, one page each) two pages above.
 */
#include "abi/enclu.inc"
#include "device/soft/test_enclave.h"

    .section .rodata
    .balign 4096
    .globl test_enclave_code
test_enclave_code:
    cmp $0, %eax
    jne .Lexception
    mov %rcx, %r11                  /* where EEXIT shall go */
    cmp $TEST_ADD_ONE, %rdi
    je .Ladd_one
    cmp $TEST_LOAD, %rdi
    je .Lload
    cmp $TEST_SYSCALL, %rdi
    je .Lsyscall
    cmp $TEST_SPIN, %rdi
    je .Lspin
    cmp $TEST_EXIT_TRAPPING, %rdi
    je .Lexit_trapping
    cmp $TEST_BASES, %rdi
    je .Lbases
    cmp $TEST_CPUID, %rdi
    je .Lcpuid
    cmp $TEST_LEAF, %rdi
    je .Lleaf
    cmp $TEST_RDTSC, %rdi
    je .Lrdtsc
    cmp $TEST_INT3, %rdi
    je .Lint3
    cmp $TEST_ACCEPT, %rdi
    je .Laccept
    ud2

.Lrdtsc:
    rdtsc
    jmp .Lexit
.Lint3:
    int3
    nop
    jmp .Lexit

.Ladd_one:
    lea 1(%rsi), %rdi
.Lexit:
    mov %r11, %rbx
    mov $4, %eax
    SGXX_ENCLU SGXX_ENCLU_KIND_EXIT

.Lload:                             /* the word at RSI; the exception handler steps over a load that faults */
    xor %edi, %edi
    mov (%rsi), %rdi
    jmp .Lexit

.Lsyscall:
    mov %r11, %r12                  /* SYSCALL takes RCX and R11 before the kernel can hand it to us */
    mov $39, %eax                   /* getpid */
    syscall
    mov %r12, %r11
    mov %rax, %rdi
    jmp .Lexit

.Lcpuid:
    mov %r11, %r12
    xor %eax, %eax
    cpuid
    mov %r12, %r11
    mov %rax, %rdi
    jmp .Lexit

.Lspin:                             /* count in every kind of register until the host says stop in data[0]; sum in RDI */
    lea test_enclave_code + 0x1000(%rip), %r8
    xor %eax, %eax
    pxor %xmm3, %xmm3
    pcmpeqd %xmm4, %xmm4            /* -1 in each lane */
    fldz
.Lagain:
    inc %rax
    psubd %xmm4, %xmm3
    fld1
    faddp
    incq 8(%r8)
    cmpq $0, (%r8)
    je .Lagain
    movd %xmm3, %edx
    fistpll 0xfc0(%r8)
    mov $1, %edi
    cmp %edx, %eax
    jne .Lwrong
    jmp .Lexit
.Lwrong:
    mov $2, %edi
    jmp .Lexit

.Lexit_trapping:                    /* an ENCLU that nobody redirected */
    lea 1(%rsi), %rdi
    mov %r11, %rbx
    mov $4, %eax
    .byte 0x0f, 0x01, 0xd7
    ud2

.Lbases:
    rdfsbase %rdi
    rdgsbase %rsi
    jmp .Lexit

.Lleaf:                             /* leaf in ESI with RBX, RCX, RDX from data[4..6]; results to data[8] */
    lea test_enclave_code + 0x1000(%rip), %r8
    mov %esi, %eax
    mov 32(%r8), %rbx
    mov 40(%r8), %rcx
    mov 48(%r8), %rdx
    .byte 0x0f, 0x01, 0xd7
    mov %rax, 64(%r8)
    mov %rax, %rdi
    jmp .Lexit

.Laccept:                           /* EACCEPT of the page at RSI with the SECINFO at data[128], on a stack that ends at data[512] */
    lea test_enclave_code + 0x1000(%rip), %rbx
    lea 0xe00(%rbx), %rsp
    add $1024, %rbx
    mov %rsi, %rcx
    mov %r11, %rdx
    mov $5, %eax
    SGXX_ENCLU SGXX_ENCLU_KIND_ACCEPT
    mov %rax, %rdi
    lea test_enclave_code + 0x1e00(%rip), %rsi
    sub %rsp, %rsi                  /* 0: the stack is where it was */
    mov %rdx, %r11
    jmp .Lexit

/* CSSA = 1: count it in data[2], keep EXITINFO in data[3], step over the faulting instruction: three bytes of `mov (%rsi), %rdi`, else two. */
.Lexception:
    lea test_enclave_code + 0x1000(%rip), %r8
    lea 0x1000 + 4096 - 184(%r8), %r9
    incq 16(%r8)
    mov 160(%r9), %eax
    mov %rax, 24(%r8)
    cmpq $0, (%r8)                  /* an interrupt's entry changes nothing but the count */
    mov $2, %edx
    test %eax, %eax
    jns .Lresume
    mov 136(%r9), %r10
    cmpb $0x48, (%r10)
    jne .Lstep
    inc %edx
.Lstep:
    add %rdx, %r10
    mov %r10, 136(%r9)
.Lresume:
    mov %rcx, %rbx
    mov $4, %eax
    mov $TEST_ANSWER_RESUME, %edi
    SGXX_ENCLU SGXX_ENCLU_KIND_EXIT

    .balign 4096
    .section .note.GNU-stack, "", @progbits
