/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Offsets that the entry code needs, asserted against the C++ structures in thread_block.h.
 */
#ifndef SGXX_ENCLAVE_ENTRY_THREAD_BLOCK_OFFSETS_H
#define SGXX_ENCLAVE_ENTRY_THREAD_BLOCK_OFFSETS_H

#define TB_SELF 0
#define TB_USER_RSP 8
#define TB_STACK_TOP 16
#define TB_EXCEPTION_STACK_TOP 24
#define TB_HOST_RSP 32
#define TB_CANARY 40
#define TB_HOST_RBP 48
#define TB_EXIT_TARGET 56
#define TB_CALL_RSP 64
#define TB_STATE 72
#define TB_IN_EXCEPTION 76
#define TB_XSTATE_SAVED 80
#define TB_SIGNAL_PENDING 84
#define TB_WORK TB_XSTATE_SAVED
#define TB_EXCEPTION_HOST_RSP 88
#define TB_EXCEPTION_HOST_RBP 96
#define TB_EXCEPTION_EXIT_TARGET 104
#define TB_LINK 112
#define TB_XSAVE_AREA 4096
/* An image of the vector registers lies in the XSAVE area, MXCSR at its usual place, the rest behind the header. */
#define TB_MXCSR (TB_XSAVE_AREA + 24)
#define TB_VECTORS (TB_XSAVE_AREA + 576)
#define TB_MASKS (TB_VECTORS + 32 * 64)

/* ThreadBlock::state */
#define THREAD_IDLE 0
#define THREAD_STARTING 1
#define THREAD_RUNNING 2
#define THREAD_AWAITING_RETURN 3

/* ThreadBlock::xstate_saved */
#define XSTATE_IN_REGISTERS 0
#define XSTATE_IN_XSAVE_AREA 1
#define XSTATE_IN_IMAGE 0x100 /* and the bits of the components that are in the image */

/* SyscallFrame, at the top of the runtime stack during a system call */
#define FRAME_RAX 80
#define FRAME_RDI 112
#define FRAME_RSP 144
#define FRAME_RIP 128
#define FRAME_RFLAGS 136
#define FRAME_SIZE 160

/* What an emulated instruction pushes at the top of the runtime stack */
#define INSTRUCTION_FRAME_SIZE 88

/* EnclaveConfig */
#define CONFIG_THREAD_BLOCK 160
#define CONFIG_THREAD_STACK 176
#define CONFIG_THREAD_STACK_LENGTH 184
#define CONFIG_THREAD_EXCEPTION_STACK 192
#define CONFIG_THREAD_EXCEPTION_STACK_LENGTH 200

#endif
