/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program's extended state on its way out of the enclave and back. XSAVEC and XRSTOR cost some 30 ns each, every time, and an
 * exit needs four of them. Nearly always nothing but vector registers is in use, as XINUSE tells (XGETBV with ECX = 1; SDM
 * volume 1, "XSAVE-Managed Features"); moved and cleared one by one they cost a fifth of that. A component that is not in use is
 * in its initial state.
 *
 * ThreadBlock::xstate_saved says where the program's state lies. A restore may be interrupted and begun again.
 */
#include "enclave/entry/thread_block_offsets.h"

        .text

/* Bits of XINUSE (isa/xstate.h). */
#define AVX 0x04
#define AVX512_MASKS 0x20
#define AVX512_UPPER_HALVES 0x40
#define AVX512_HIGH_REGISTERS 0x80

#define NUMBERS_0_TO_7 0, 1, 2, 3, 4, 5, 6, 7
#define NUMBERS_0_TO_15 NUMBERS_0_TO_7, 8, 9, 10, 11, 12, 13, 14, 15
#define NUMBERS_16_TO_31 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31

/* EDX:EAX = XINUSE. Behind LDMXCSR it takes ten times as long. */
.macro READ_COMPONENTS_IN_USE
        mov     $1, %ecx
        xgetbv
.endm

/* AL = the vector components in use; ZF: there are no others. What is not in XFRM is not the enclave's. */
.macro TEST_COMPONENTS_IN_USE
        and     enclave_components(%rip), %eax
        or      $0x80000000, %eax
        test    %eax, xsave_components(%rip)
.endm

/*
 * Moves the components AL between the registers and the image of the thread block at RDX. Of the low registers no more than what
 * is in use: code of SSE is slow while upper halves are.
 */
.macro STORE move, register, n
        \move   %\register\n, TB_VECTORS + 64 * \n(%rdx)
.endm
.macro LOAD move, register, n
        \move   TB_VECTORS + 64 * \n(%rdx), %\register\n
.endm
.macro STORE_MASK n
        kmovq   %k\n, TB_MASKS + 8 * \n(%rdx)
.endm
.macro LOAD_MASK n
        kmovq   TB_MASKS + 8 * \n(%rdx), %k\n
.endm
.macro MOVE_COMPONENTS direction
        test    $AVX512_UPPER_HALVES, %al
        jnz     1f
        test    $AVX, %al
        jnz     2f
        .irp    n, NUMBERS_0_TO_15
        \direction movaps, xmm, \n
        .endr
        jmp     3f
1:      .irp    n, NUMBERS_0_TO_15
        \direction vmovdqa64, zmm, \n
        .endr
        jmp     3f
2:      .irp    n, NUMBERS_0_TO_15
        \direction vmovdqa, ymm, \n
        .endr
3:      test    $AVX512_HIGH_REGISTERS, %al
        jz      4f
        .irp    n, NUMBERS_16_TO_31
        \direction vmovdqa64, zmm, \n
        .endr
4:      test    $AVX512_MASKS, %al
        jz      5f
        .irp    n, NUMBERS_0_TO_7
        \direction\()_MASK \n
        .endr
5:
.endm

/* The components in use into the image; AL says which afterwards. */
.macro KEEP_IMAGE
        mov     %gs:TB_SELF, %rdx
        stmxcsr TB_MXCSR(%rdx)
        MOVE_COMPONENTS STORE
        movzbl  %al, %eax
        or      $XSTATE_IN_IMAGE, %eax
        mov     %eax, %gs:TB_XSTATE_SAVED
.endm

/* Zeroes in the vector registers of the components AL, and in the low ones. */
.macro CLEAR_VECTORS
        test    $AVX512_MASKS | AVX512_HIGH_REGISTERS, %al
        jz      1f
        .irp    n, NUMBERS_16_TO_31
        vpxord  %xmm\n, %xmm\n, %xmm\n
        .endr
        .irp    n, NUMBERS_0_TO_7
        kxorq   %k\n, %k\n, %k\n
        .endr
1:      vzeroall
.endm

/*
 * void keep_xstate(): the program's extended state is in the thread block afterwards, wherever it was.
 * Clobbers RAX, RCX and RDX.
 */
        .globl  keep_xstate
        .type   keep_xstate, @function
keep_xstate:
        cmpl    $XSTATE_IN_REGISTERS, %gs:TB_XSTATE_SAVED
        jne     6f
        READ_COMPONENTS_IN_USE
        TEST_COMPONENTS_IN_USE
        jnz     save_registers
        KEEP_IMAGE
6:      ret
        .size   keep_xstate, . - keep_xstate

/*
 * void put_away_xstate(): the program's extended state is in the thread block afterwards, and the registers are as in host_xstate.
 * Clobbers RAX, RCX, RDX and R9.
 */
        .globl  put_away_xstate
        .type   put_away_xstate, @function
put_away_xstate:
        cmpl    $XSTATE_IN_REGISTERS, %gs:TB_XSTATE_SAVED
        jne     7f
        READ_COMPONENTS_IN_USE
        TEST_COMPONENTS_IN_USE
        jnz     6f
        KEEP_IMAGE
        CLEAR_VECTORS
        ldmxcsr 24 + host_xstate(%rip)
        ret
6:      call    save_registers
7:      lea     host_xstate(%rip), %r9
        jmp     clear_xstate
        .size   put_away_xstate, . - put_away_xstate

/* void save_xstate(): the program's extended state is in the thread block's XSAVE area afterwards. */
        .globl  save_xstate
        .type   save_xstate, @function
save_xstate:
        cmpl    $XSTATE_IN_XSAVE_AREA, %gs:TB_XSTATE_SAVED
        je      1f
        call    restore_xstate
save_registers:
        mov     $-1, %eax
        mov     %eax, %edx
        mov     %gs:TB_SELF, %rcx
        xsavec64 TB_XSAVE_AREA(%rcx)
        movl    $XSTATE_IN_XSAVE_AREA, %gs:TB_XSTATE_SAVED
1:      ret
        .size   save_xstate, . - save_xstate

/*
 * The program's extended state is in the registers afterwards. Since it was put into an image clear_xstate has run, so what is
 * not in the image is in its initial state already. Clobbers RAX, RCX and RDX.
 */
        .globl  restore_xstate
        .type   restore_xstate, @function
restore_xstate:
        mov     %gs:TB_XSTATE_SAVED, %eax
        mov     %gs:TB_SELF, %rdx
        test    $XSTATE_IN_IMAGE, %eax
        jz      6f
        MOVE_COMPONENTS LOAD
        ldmxcsr TB_MXCSR(%rdx)
        jmp     7f
6:      test    %eax, %eax              /* XSTATE_IN_REGISTERS */
        jz      7f
        mov     %rdx, %rcx
        mov     $-1, %eax
        mov     %eax, %edx
        xrstor64 TB_XSAVE_AREA(%rcx)
7:      movl    $XSTATE_IN_REGISTERS, %gs:TB_XSTATE_SAVED
        ret
        .size   restore_xstate, . - restore_xstate

/*
 * All extended state is as in the XSAVE image at R9, where everything but MXCSR is in its initial state. On the way in XINUSE is
 * what the host made of it: no speculation past a branch on it. Clobbers RAX, RCX and RDX.
 */
        .globl  clear_xstate, clear_xstate_end
        .type   clear_xstate, @function
clear_xstate:
        READ_COMPONENTS_IN_USE
        ldmxcsr 24(%r9)
        TEST_COMPONENTS_IN_USE
        jnz     2f
        CLEAR_VECTORS
        lfence                          /* behind LDMXCSR (MCDT), too */
        ret
2:      lfence
        mov     $-1, %eax
        mov     %eax, %edx
        xrstor64 (%r9)
        lfence
        ret
clear_xstate_end:
        .size   clear_xstate, . - clear_xstate

/* void forget_vectors(): the runtime has used the registers after keep_xstate; all are as at a system call's start again. */
        .globl  forget_vectors
        .type   forget_vectors, @function
forget_vectors:
        lea     enclave_xstate(%rip), %r9
        jmp     clear_xstate
        .size   forget_vectors, . - forget_vectors

        .data
        /* XFRM; and what of it XSAVE must move, with bit 31 if it must move all. Set by boot. */
        .globl  enclave_components, xsave_components
enclave_components:     .long 0
xsave_components:       .long ~0
        .section .note.GNU-stack,"",@progbits
