/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How control crosses, in numbers that assembly can read too. entry.h explains them.
 */
#ifndef SGXX_ABI_ENTRY_CONSTANTS_H
#define SGXX_ABI_ENTRY_CONSTANTS_H

/* RDI at EENTER with CSSA = 0. */
#define SGXX_ENTER_START 1
#define SGXX_ENTER_RETURN 2

/* RDI at EEXIT. */
#define SGXX_EXIT_HOST_CALL 1
#define SGXX_EXIT_RESUME 2
#define SGXX_EXIT_THREAD_DONE 3
#define SGXX_EXIT_ABORT 4

/* Kinds of ENCLU sites that the software SGX may redirect (enclu.inc): the bytes 'E', 'A' and 'R'. */
#define SGXX_ENCLU_KIND_EXIT 0x45
#define SGXX_ENCLU_KIND_ACCEPT 0x41
#define SGXX_ENCLU_KIND_RETURN 0x52

#endif
