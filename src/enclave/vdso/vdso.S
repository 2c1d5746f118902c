/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image that AT_SYSINFO_EHDR names, as a kernel's vDSO: an ELF shared object in memory, so that a C library finds functions
 * to call instead of system calls to make. It lies in the runtime's text, followed by the functions (vdso.cc) and their unwind
 * table; runtime.ld keeps them together. Addresses are relative to its first byte. There are no versions: a library that finds
 * none takes the symbol by its name.
 */
        .section .vdso_image, "ax", @progbits
        .balign 64
        .globl  vdso_image
        .hidden vdso_image
vdso_image:
        .byte   0x7f, 'E', 'L', 'F', 2, 1, 1, 0
        .quad   0
        .short  3, 62                   /* ET_DYN, EM_X86_64 */
        .long   1
        .quad   0                       /* no entry */
        .quad   .Lphdrs - vdso_image
        .quad   0                       /* no sections */
        .long   0
        .short  64, 56, 3, 64, 0, 0

.macro PROGRAM_HEADER type, flags, at, end, begin, alignment
        .long   \type, \flags
        .quad   \at - vdso_image, \at - vdso_image, \at - vdso_image
        .quad   \end - \begin, \end - \begin, \alignment
.endm
.Lphdrs:
        PROGRAM_HEADER 1, 5, vdso_image, vdso_end, vdso_image, 4096                     /* PT_LOAD */
        PROGRAM_HEADER 2, 4, .Ldynamic, .Ldynamic_end, .Ldynamic, 8                     /* PT_DYNAMIC */
        /* PT_GNU_EH_FRAME; a length is a difference to this section's own symbol, or it would need a relocation */
        PROGRAM_HEADER 0x6474e550, 4, vdso_unwind_table, vdso_image_plus_unwind_length, vdso_image, 4

.Ldynamic:
        .quad   14, .Lsoname - .Lstrings        /* DT_SONAME */
        .quad   4, .Lhash - vdso_image          /* DT_HASH */
        .quad   5, .Lstrings - vdso_image       /* DT_STRTAB */
        .quad   6, .Lsymbols - vdso_image       /* DT_SYMTAB */
        .quad   10, .Lstrings_end - .Lstrings   /* DT_STRSZ */
        .quad   11, 24                          /* DT_SYMENT */
        .quad   0, 0
.Ldynamic_end:

.macro SYMBOL name
        .long   .Lname_\name - .Lstrings
        .byte   0x12, 0                         /* STB_GLOBAL, STT_FUNC */
        .short  1
        .quad   \name - vdso_image, 16
.endm
.Lsymbols:
        .zero   24
        SYMBOL  __vdso_clock_gettime
        SYMBOL  __vdso_clock_getres
        SYMBOL  __vdso_gettimeofday
        SYMBOL  __vdso_time
        SYMBOL  __vdso_getcpu
.Lsymbols_end:

/* One bucket: five names are found as fast in a row. */
.Lhash: .long   1, 6, 1
        .long   0, 2, 3, 4, 5, 0

.macro NAME name
.Lname_\name:
        .asciz  "\name"
.endm
.Lstrings:
        .byte   0
.Lsoname:
        .asciz  "linux-vdso.so.1"
        NAME    __vdso_clock_gettime
        NAME    __vdso_clock_getres
        NAME    __vdso_gettimeofday
        NAME    __vdso_time
        NAME    __vdso_getcpu
.Lstrings_end:
        .section .note.GNU-stack,"",@progbits
