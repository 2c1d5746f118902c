/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Offsets into the structures of records.h for microcode.S; records.h asserts every one of them.
 */
#ifndef SGXX_DEVICE_SOFT_OFFSETS_H
#define SGXX_DEVICE_SOFT_OFFSETS_H

/* TcsState */
#define TCS_BUSY 0
#define TCS_CSSA 4
#define TCS_USABLE_FRAMES 8
#define TCS_GPR 16
#define TCS_ENTRY 24
#define TCS_FSBASE 32
#define TCS_GSBASE 40
#define TCS_OWNER 48

/* ThreadRecord */
#define REC_HOST_FS 0
#define REC_HOST_GS 8
#define REC_TCS 16
#define REC_INTERRUPTED_FS 24
#define REC_INTERRUPTED_GS 32
#define REC_INTERRUPT 40
#define REC_RFBM 48
#define REC_RESUMING 56
#define REC_TRANSITION 64
#define REC_LOAD 72
#define REC_XSAVE 256

/* Transition */
#define TR_RECORD 0
#define TR_TCS 8
#define TR_TCS_ADDRESS 16
#define TR_LEAF 24
#define TR_KIND 28
#define TR_RDI 32
#define TR_RSI 40
#define TR_RDX 48
#define TR_R8 56
#define TR_R9 64
#define TR_HOST_RSP 72
#define TR_HOST_RBP 80
#define TR_EXIT_RSP 88
#define TR_EXIT_RBP 96

/* LoadedState: what ERESUME loads; IRETQ pops the last five. */
#define LS_RAX 0
#define LS_RCX 8
#define LS_RDX 16
#define LS_RBX 24
#define LS_RBP 32
#define LS_RSI 40
#define LS_RDI 48
#define LS_R8 56
#define LS_R9 64
#define LS_R10 72
#define LS_R11 80
#define LS_R12 88
#define LS_R13 96
#define LS_R14 104
#define LS_R15 112
#define LS_FS 120
#define LS_GS 128
#define LS_IRET 136

/* LeafTable */
#define LT_BASE 0
#define LT_PAGES 8
#define LT_BY_GS_PAGE 16
#define LT_EPCM 24

/* EpcmEntry: a page that the kernel adds on demand; one that has been accepted; the bits that make a page readable. */
#define EPCM_GROWING 0xb300
#define EPCM_ACCEPTED 0xa327
#define EPCM_READABLE 0x0123
#define EPCM_READABLE_MASK 0x09f3

/* SECINFO.FLAGS of SecInfo::pending() */
#define SECINFO_PENDING 0x20b

#define GPRSGX_URSP 144
#define GPRSGX_URBP 152

/* Transition.leaf: ENCLU's, and one more */
#define LEAF_EENTER 2
#define LEAF_ERESUME 3
#define LEAF_POISONED_EENTER 4

/* Transition.kind */
#define KIND_EEXIT 0
#define KIND_FAULT 1
#define KIND_REFUSED 2

/* A thread's slot in the arena: its record at the bottom, its alternate signal stack above. */
#define SLOT_SIZE 0x20000

#endif
