/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The probe guest's start, signal trampolines and the code that no compiler writes: calls with every register checked, and
 * illegal instructions at every alignment.
 */
        .text
        .globl  _start
        .type   _start, @function
_start: xor     %ebp, %ebp
        mov     %rsp, %rdi
        and     $-16, %rsp
        call    guest_main
        mov     %eax, %edi
        mov     $231, %eax
        syscall
        ud2
        .size   _start, . - _start

        .globl  restorer
        .type   restorer, @function
restorer:
        mov     $15, %eax
        syscall
        .size   restorer, . - restorer

/* The first instructions of a handler: flags and control words as they are found. */
        .globl  handler_entry
        .type   handler_entry, @function
handler_entry:
        pushfq
        pop     %rax
        or      %rax, handler_flags(%rip)
        stmxcsr handler_mxcsr(%rip)
        fnstcw  handler_fcw(%rip)
        jmp     handle
        .size   handler_entry, . - handler_entry

/* u64 checked_call(u64 number, u64 seed, u64 arg0, u64 arg1): how many registers differ after the system call. */
        .globl  checked_call
        .type   checked_call, @function
checked_call:
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        push    %rdi
        mov     %rsi, %rbx
        mov     %rdx, %rdi
        mov     %rcx, %rsi
        lea     1(%rbx), %rbp
        lea     2(%rbx), %r12
        lea     3(%rbx), %r13
        lea     4(%rbx), %r14
        lea     5(%rbx), %r15
        lea     6(%rbx), %r8
        lea     7(%rbx), %r9
        lea     8(%rbx), %r10
        lea     9(%rbx), %rdx
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        lea     16 + \n(%rbx), %rax
        movq    %rax, %xmm\n
        punpcklqdq %xmm\n, %xmm\n
        .endr
        fldpi
        fld1
        mov     (%rsp), %rax
        std
        syscall
        cld
        xor     %eax, %eax
        .macro SAME offset, register
        lea     \offset(%rbx), %rcx
        cmp     %rcx, \register
        setne   %cl
        movzbl  %cl, %ecx
        add     %ecx, %eax
        .endm
        SAME    1, %rbp
        SAME    2, %r12
        SAME    3, %r13
        SAME    4, %r14
        SAME    5, %r15
        SAME    6, %r8
        SAME    7, %r9
        SAME    8, %r10
        SAME    9, %rdx
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        movq    %xmm\n, %r11
        SAME    16 + \n, %r11
        psrldq  $8, %xmm\n
        movq    %xmm\n, %r11
        SAME    16 + \n, %r11
        .endr
        fld1
        fcomip  %st(1), %st
        setne   %cl
        movzbl  %cl, %ecx
        add     %ecx, %eax
        fstp    %st
        fldpi
        fcomip  %st(1), %st
        setne   %cl
        movzbl  %cl, %ecx
        add     %ecx, %eax
        fstp    %st
        pop     %rdi
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        ret
        .size   checked_call, . - checked_call

/* i64 raw_call(number, 6 arguments) with the seventh on the stack */
        .globl  raw_call
        .type   raw_call, @function
raw_call:
        mov     %rdi, %rax
        mov     %rsi, %rdi
        mov     %rdx, %rsi
        mov     %rcx, %rdx
        mov     %r8, %r10
        mov     %r9, %r8
        mov     8(%rsp), %r9
        syscall
        ret
        .size   raw_call, . - raw_call

/* i64 spawn(flags, stack top, parent_tid, child_tid): the child runs thread_main on its stack and exits. */
        .globl  spawn
        .type   spawn, @function
spawn:
        mov     %rcx, %r10
        xor     %r8d, %r8d
        mov     $56, %eax
        syscall
        test    %rax, %rax
        jz      1f
        ret
1:      xor     %ebp, %ebp
        and     $-16, %rsp
        call    thread_main
        xor     %edi, %edi
        mov     $60, %eax
        syscall
        ud2
        .size   spawn, . - spawn

/*
 * Every register that a call leaves alone holds the secret, then the call. u64 secret_call(number, arg0, arg1, arg2, secret).
 * secret_registers: 0 x87 and XMM, 1 XMM alone, 2 YMM, 3 all of AVX-512.
 */
        .globl  secret_call
        .type   secret_call, @function
secret_call:
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        mov     %rdi, %rax
        mov     %rsi, %rdi
        mov     %rdx, %rsi
        mov     %rcx, %rdx
        .irp r, r9, r10, r11, r12, r13, r14, r15, rbx, rbp
        mov     %r8, %\r
        .endr
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        movq    %r8, %xmm\n
        punpcklqdq %xmm\n, %xmm\n
        .endr
        push    %r8
        cmpl    $1, secret_registers(%rip)
        je      2f
        jb      1f
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        vbroadcastsd %xmm\n, %ymm\n
        .endr
        cmpl    $2, secret_registers(%rip)
        je      2f
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        vbroadcastsd %xmm\n, %zmm\n
        .endr
        .irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
        vpbroadcastq %r8, %zmm\n
        .endr
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7
        kmovq   %r8, %k\n
        .endr
        jmp     2f
1:
        fldl    (%rsp)
        fldpi
        fldz
        fdivrp                          /* a sticky exception flag and a pending precision flag */
        fldz
2:      ldmxcsr odd_mxcsr(%rip)
        syscall
        ldmxcsr plain_mxcsr(%rip)
        fninit
        pop     %r8
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        ret
        .size   secret_call, . - secret_call

/* Illegal instructions. Each block is `u64 f(u64 leaf)`: opcode at a given distance from a page's end or alignment. */
        .macro  OPCODE name, bytes:vararg
        .balign 4096
        .globl  \name
        .type   \name, @function
\name:
        .set    shift, 0
        .rept   16
        .if     shift
        .skip   shift, 0x90             /* one further to the right in each row of 32 bytes */
        .endif
        .byte   \bytes
        ret
        .balign 32, 0xcc
        .set    shift, shift + 1
        .endr
        .balign 4096, 0x90
        .size   \name, . - \name
        .endm
        .macro  CROSSING name, before, bytes:vararg
        .balign 4096, 0xcc
        .skip   4096 - \before, 0xcc
        .globl  \name
        .type   \name, @function
\name:  .byte   \bytes
        ret
        .size   \name, . - \name
        .endm
        OPCODE  opcode_syscall, 0x0f, 0x05
        OPCODE  opcode_cpuid, 0x0f, 0xa2
        OPCODE  opcode_rdtsc, 0x0f, 0x31
        OPCODE  opcode_rdtscp, 0x0f, 0x01, 0xf9
        OPCODE  opcode_xgetbv, 0x0f, 0x01, 0xd0
        OPCODE  opcode_in, 0xec, 0x90
        OPCODE  opcode_out, 0xee, 0x90
        OPCODE  opcode_int, 0xcd, 0x80
        CROSSING crossing_syscall, 1, 0x0f, 0x05
        CROSSING crossing_cpuid, 1, 0x0f, 0xa2
        CROSSING crossing_rdtsc, 1, 0x0f, 0x31
        CROSSING crossing_rdtscp, 1, 0x0f, 0x01, 0xf9
        CROSSING crossing_rdtscp2, 2, 0x0f, 0x01, 0xf9
        CROSSING crossing_xgetbv, 2, 0x0f, 0x01, 0xd0
        .balign 4096, 0xcc

        .section .rodata
odd_mxcsr:      .long 0x9fbf
plain_mxcsr:    .long 0x1f80
        .bss
        .globl  handler_flags, handler_mxcsr, handler_fcw, secret_registers
        .balign 4
secret_registers:       .zero 4
        .balign 8
handler_flags:  .quad 0
handler_mxcsr:  .long 0
handler_fcw:    .long 0
        .section .note.GNU-stack,"",@progbits
