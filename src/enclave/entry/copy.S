/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The copy routines. The first two are the only code of the enclave that touches host memory, and they do it in aligned
 * 8-byte units (MMIO stale data, CVE-2022-21166 and CVE-2022-21233). All but the host side may fault on the program's side
 * (a bad pointer, a page that another thread just gave back): the exception handler then goes on at copy_fault, and the
 * routine returns 1 instead of 0.
 */
        .text

        .globl  copy_begin
copy_begin:

/* From here on REP MOVSQ, which takes its time to start, is faster, some four times; it moves aligned words, too. */
#define MANY_WORDS 96

.macro COPY_WORDS name
        .globl  \name
        .type   \name, @function
\name:
        mov     %rdx, %rcx
        cmp     $MANY_WORDS, %rdx
        jae     5f
        shr     $3, %rcx
        jz      2f
1:      mov     (%rsi), %rax
        mov     8(%rsi), %r8
        mov     16(%rsi), %r9
        mov     24(%rsi), %r10
        mov     %rax, (%rdi)
        mov     %r8, 8(%rdi)
        mov     %r9, 16(%rdi)
        mov     %r10, 24(%rdi)
        mov     32(%rsi), %rax
        mov     40(%rsi), %r8
        mov     48(%rsi), %r9
        mov     56(%rsi), %r10
        mov     %rax, 32(%rdi)
        mov     %r8, 40(%rdi)
        mov     %r9, 48(%rdi)
        mov     %r10, 56(%rdi)
        add     $64, %rsi
        add     $64, %rdi
        dec     %rcx
        jnz     1b
2:      and     $7, %edx
        jz      4f
3:      mov     (%rsi), %rax
        mov     %rax, (%rdi)
        add     $8, %rsi
        add     $8, %rdi
        dec     %edx
        jnz     3b
4:      xor     %eax, %eax
        ret
5:      rep movsq
        jmp     4b
        .size   \name, . - \name
.endm

/* u64 copy_words_from_host(u64* to, u64 from, u64 words): `from` is aligned to 8. */
        COPY_WORDS copy_words_from_host
/* u64 copy_words_to_host(u64 to, const u64* from, u64 words): `to` is aligned to 8. */
        COPY_WORDS copy_words_to_host

/* u64 copy_program_bytes(void* to, const void* from, u64 length). Small structures go by words: REP takes its time to start. */
        .globl  copy_program_bytes
        .type   copy_program_bytes, @function
copy_program_bytes:
        mov     %rdx, %rcx
        cmp     $128, %rdx
        ja      2f
        test    $7, %dl
        jnz     2f
        shr     $3, %rcx
        jz      3f
1:      mov     -8(%rsi,%rcx,8), %rax
        mov     %rax, -8(%rdi,%rcx,8)
        dec     %rcx
        jnz     1b
        jmp     3f
2:      rep movsb
3:
        xor     %eax, %eax
        ret
        .size   copy_program_bytes, . - copy_program_bytes

/* u64 zero_program_bytes(void* to, u64 length) */
        .globl  zero_program_bytes
        .type   zero_program_bytes, @function
zero_program_bytes:
        mov     %rsi, %rcx
        xor     %eax, %eax
        rep stosb
        xor     %eax, %eax
        ret
        .size   zero_program_bytes, . - zero_program_bytes

/* u64 load_program_word(const u32* from, u32* value) and the compare-exchange of futex operations. */
        .globl  load_program_word
        .type   load_program_word, @function
load_program_word:
        mov     (%rdi), %eax
        mov     %eax, (%rsi)
        xor     %eax, %eax
        ret
        .size   load_program_word, . - load_program_word

/* u64 exchange_program_word(u32* at, u32 expected, u32 desired, u32* seen): lock cmpxchg. */
        .globl  exchange_program_word
        .type   exchange_program_word, @function
exchange_program_word:
        mov     %rcx, %r8
        mov     %esi, %eax
        lock cmpxchg %edx, (%rdi)
        mov     %eax, (%r8)
        xor     %eax, %eax
        ret
        .size   exchange_program_word, . - exchange_program_word

        .globl  copy_end
copy_end:

        .globl  copy_fault
copy_fault:
        mov     $1, %eax
        ret
        .section .note.GNU-stack,"",@progbits
