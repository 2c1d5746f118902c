/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The transitions of the software SGX: what the processor does in EENTER, EEXIT and ERESUME.
 *
 * A signal may arrive at any instruction. To the rest of the world a transition is one instruction, as on hardware, so the
 * handler (signals.cc) looks at the interrupted RIP:
 *   [eenter_begin, eenter_end)    rolled back: the lock is dropped past eenter_locked, and EENTER starts again
 *   [eexit_begin, eexit_end)      completed: everything it needs is in RBX and in the thread's record
 *   [eaccept_begin, eaccept_end)  rolled back to the site, or past eaccept_committed completed
 *   [eresume_begin, eresume_end)  rolled back to the AEP; an instrument's EENTER, which loads all its registers there, starts again
 * The last instruction of each range is the jump that commits it. Signals never run on the stack found here: every handler has
 * an alternate stack, so memory below RSP is ours.
 */
#include "device/soft/offsets.h"

    .text
    .globl sgxx_soft_enter, sgxx_soft_aep, sgxx_soft_leave, sgxx_soft_leave_after_aex
    .globl sgxx_soft_eenter_begin, sgxx_soft_eenter_locking, sgxx_soft_eenter_locked, sgxx_soft_eenter_end
    .globl sgxx_soft_eexit_begin, sgxx_soft_eexit_unlocked, sgxx_soft_eexit_end
    .globl sgxx_soft_eaccept_begin, sgxx_soft_eaccept_committing, sgxx_soft_eaccept_committed, sgxx_soft_eaccept_end
    .globl sgxx_soft_eresume_begin, sgxx_soft_load_state, sgxx_soft_eresume_end, sgxx_soft_after_eexit
    .globl sgxx_soft_signal_entry, sgxx_soft_signal_return

/* The calling thread's record, from host code: FS is the host's. */
.macro THREAD_RECORD register
    mov sgxx_soft_thread@gottpoff(%rip), \register
    mov %fs:(\register), \register
.endm

/* An AEX leaves DF, NT and AC as the enclave had them. NT would make IRETQ fault. Needs the host's stack. */
.macro HOST_FLAGS
    pushfq
    andl $~0x44400, (%rsp)
    popfq
.endm

/*
 * void sgxx_soft_enter(Transition*): the host's side, as __vdso_sgx_enter_enclave. It depends on nothing that the enclave could
 * have changed: behind EEXIT and at the AEP the transition is found through the thread's record, never through RSP or RBP.
 */
    .type sgxx_soft_enter, @function
sgxx_soft_enter:
    .cfi_startproc
    push %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbp, 0
    push %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbx, 0
    push %r12
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r12, 0
    push %r13
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r13, 0
    push %r14
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r14, 0
    push %r15
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r15, 0
    sub $8, %rsp                    /* host MXCSR and x87 control word, which the ABI wants back */
    .cfi_adjust_cfa_offset 8
    stmxcsr (%rsp)
    fnstcw 4(%rsp)
    mov %rsp, TR_HOST_RSP(%rdi)
    mov %rbp, TR_HOST_RBP(%rdi)
    cmpl $LEAF_ERESUME, TR_LEAF(%rdi)
    je sgxx_soft_eresume_begin
    ja sgxx_soft_load_state         /* an instrument's EENTER: registers and all */

/* EENTER. Inputs from the transition; anything may be clobbered before the pass-through registers are loaded. */
sgxx_soft_eenter_begin:
    THREAD_RECORD %rdx
    mov REC_TRANSITION(%rdx), %r11
    mov TR_TCS(%r11), %r10
    lock btsl $0, TCS_BUSY(%r10)
sgxx_soft_eenter_locking:           /* here CF says whether the lock is ours */
    jc .Lrefused
sgxx_soft_eenter_locked:
    mov TCS_CSSA(%r10), %eax
    cmp TCS_USABLE_FRAMES(%r10), %eax
    jae .Lrefused_locked
    mov TCS_GPR(%r10), %rcx
    mov %rsp, GPRSGX_URSP(%rcx)
    mov %rbp, GPRSGX_URBP(%rcx)
    mov %rdx, TCS_OWNER(%r10)
    mov %r10, REC_TCS(%rdx)
    mov TCS_ENTRY(%r10), %rcx
    mov %rcx, -8(%rsp)
    mov TCS_FSBASE(%r10), %rcx
    wrfsbase %rcx
    mov TCS_GSBASE(%r10), %rcx
    wrgsbase %rcx
    mov TR_RDI(%r11), %rdi
    mov TR_RSI(%r11), %rsi
    mov TR_RDX(%r11), %rdx
    mov TR_R8(%r11), %r8
    mov TR_R9(%r11), %r9
    mov TR_TCS_ADDRESS(%r11), %rbx
    lea sgxx_soft_after_eexit(%rip), %rcx
    jmp *-8(%rsp)
sgxx_soft_eenter_end:

.Lrefused_locked:
    movl $0, TCS_BUSY(%r10)
.Lrefused:
    movl $KIND_REFUSED, TR_KIND(%r11)
    jmp sgxx_soft_leave

/* Where the enclave's EEXIT goes. */
sgxx_soft_after_eexit:
    THREAD_RECORD %rax
    mov REC_TRANSITION(%rax), %rax
    mov %rdi, TR_RDI(%rax)
    mov %rsi, TR_RSI(%rax)
    mov %rdx, TR_RDX(%rax)
    mov %r8, TR_R8(%rax)
    mov %r9, TR_R9(%rax)
    mov %rsp, TR_EXIT_RSP(%rax)
    mov %rbp, TR_EXIT_RBP(%rax)
    movl $KIND_EEXIT, TR_KIND(%rax)
    jmp sgxx_soft_leave
sgxx_soft_leave_after_aex:
    THREAD_RECORD %rax
    mov REC_TRANSITION(%rax), %rax
    mov TR_HOST_RSP(%rax), %rsp
    HOST_FLAGS
sgxx_soft_leave:
    THREAD_RECORD %rax
    mov REC_TRANSITION(%rax), %rax
    mov TR_HOST_RSP(%rax), %rsp
    cld
    stmxcsr -8(%rsp)                /* LDMXCSR takes its time */
    mov -8(%rsp), %eax
    cmp (%rsp), %eax
    je 1f
    ldmxcsr (%rsp)
1:  fnstcw -8(%rsp)
    mov -8(%rsp), %ax
    cmp 4(%rsp), %ax                /* FLDCW puts x87 in use, which makes its save and restore dear */
    je 2f
    fldcw 4(%rsp)
2:  add $8, %rsp
    .cfi_def_cfa %rsp, 56
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    pop %rbp
    .cfi_def_cfa %rsp, 8
    ret
    .cfi_endproc
    .size sgxx_soft_enter, . - sgxx_soft_enter

/* The asynchronous exit pointer. RAX = ERESUME, RBX = TCS, RCX = AEP. */
sgxx_soft_aep:
    THREAD_RECORD %rax
    mov REC_TRANSITION(%rax), %rdi
    mov TR_HOST_RSP(%rdi), %rsp
    HOST_FLAGS
    call sgxx_soft_at_aep           /* interrupts first; then ERESUME's checks. 0: go on */
    test %eax, %eax
    jnz sgxx_soft_leave

/* ERESUME, after its checks. */
sgxx_soft_eresume_begin:
    THREAD_RECORD %rbx
    cmpl $0, REC_INTERRUPT(%rbx)
    jne .Linterrupted
sgxx_soft_load_state:
    THREAD_RECORD %rbx
    mov REC_RFBM(%rbx), %eax
    mov REC_RFBM + 4(%rbx), %edx
    xrstor64 REC_XSAVE(%rbx)
    mov REC_RESUMING(%rbx), %rax
    mov %rax, REC_TCS(%rbx)
    add $REC_LOAD, %rbx
    mov LS_FS(%rbx), %rax
    wrfsbase %rax
    mov LS_GS(%rbx), %rax
    wrgsbase %rax
    lea LS_IRET(%rbx), %rsp
    mov LS_RAX(%rbx), %rax
    mov LS_RCX(%rbx), %rcx
    mov LS_RDX(%rbx), %rdx
    mov LS_RBP(%rbx), %rbp
    mov LS_RSI(%rbx), %rsi
    mov LS_RDI(%rbx), %rdi
    mov LS_R8(%rbx), %r8
    mov LS_R9(%rbx), %r9
    mov LS_R10(%rbx), %r10
    mov LS_R11(%rbx), %r11
    mov LS_R12(%rbx), %r12
    mov LS_R13(%rbx), %r13
    mov LS_R14(%rbx), %r14
    mov LS_R15(%rbx), %r15
    mov LS_RBX(%rbx), %rbx
    iretq
sgxx_soft_eresume_end:

/* An interrupt arrived after the AEP had looked, before ERESUME: undo the preparation and look again. */
.Linterrupted:
    mov %rbx, %rdi
    mov REC_TRANSITION(%rbx), %rax
    mov TR_HOST_RSP(%rax), %rsp
    call sgxx_soft_undo_resume
    jmp sgxx_soft_aep

/*
 * EEXIT from a redirected site, by way of the enclave's thunk, which put the LeafTable into RCX. RBX = target. Only RAX and
 * RCX may be touched, and no stack. Who is leaving? The TCS whose GS base this is, if that TCS agrees; else UD2, and the
 * handler, which knows the thread from its alternate stack, completes the EEXIT.
 */
sgxx_soft_eexit_begin:
    rdgsbase %rax
    sub LT_BASE(%rcx), %rax
    shr $12, %rax
    cmp LT_PAGES(%rcx), %rax
    jae .Lunknown
    mov LT_BY_GS_PAGE(%rcx), %rcx
    mov (%rcx,%rax,8), %rcx
    test %rcx, %rcx
    jz .Lunknown
    rdgsbase %rax
    cmp TCS_GSBASE(%rcx), %rax
    jne .Lunknown
    mov TCS_OWNER(%rcx), %rax
    test %rax, %rax
    jz .Lunknown
    cmp %rcx, REC_TCS(%rax)
    jne .Lunknown
    mov %rax, %rcx
    mov REC_HOST_GS(%rcx), %rax
    wrgsbase %rax
    mov REC_HOST_FS(%rcx), %rax
    wrfsbase %rax
    mov REC_TCS(%rcx), %rax
    movl $0, TCS_BUSY(%rax)
sgxx_soft_eexit_unlocked:
    movq $0, REC_TCS(%rcx)
    lea sgxx_soft_aep(%rip), %rcx
    mov $4, %eax
    jmp *%rbx
.Lunknown:
    ud2
sgxx_soft_eexit_end:

/*
 * EACCEPT from a redirected site, called by way of the thunk, which put the LeafTable into R11. RBX = SECINFO, RCX = page. R8 to
 * R11 and the flags are free. Serves the one common case: a page that the kernel adds on demand, accepted as it is added
 * (readable, writable, pending); EAUG and EACCEPT are then one exchange in the EPCM. Whatever else it is, UD2, and the handler
 * executes the leaf.
 */
sgxx_soft_eaccept_begin:
    mov LT_EPCM(%r11), %r9
    mov %rbx, %r10
    sub LT_BASE(%r11), %r10
    test $63, %r10b
    jnz .Lrare
    shr $12, %r10
    cmp LT_PAGES(%r11), %r10
    jae .Lrare
    movzwl (%r9,%r10,2), %r8d
    and $EPCM_READABLE_MASK, %r8d
    cmp $EPCM_READABLE, %r8d
    jne .Lrare
    cmpq $SECINFO_PENDING, (%rbx)
    jne .Lrare
    mov 8(%rbx), %r8
    or 16(%rbx), %r8
    or 24(%rbx), %r8
    or 32(%rbx), %r8
    or 40(%rbx), %r8
    or 48(%rbx), %r8
    or 56(%rbx), %r8
    jnz .Lrare
    mov %rcx, %r10
    sub LT_BASE(%r11), %r10
    test $0xfff, %r10d
    jnz .Lrare
    shr $12, %r10
    cmp LT_PAGES(%r11), %r10
    jae .Lrare
    mov $EPCM_GROWING, %eax
    mov $EPCM_ACCEPTED, %r8d
    lock cmpxchgw %r8w, (%r9,%r10,2)
sgxx_soft_eaccept_committing:       /* here ZF says whether it has happened */
    jne .Lrare
sgxx_soft_eaccept_committed:
    xor %eax, %eax
    mov $1, %r8d
    test %r8d, %r8d                 /* success clears ZF, CF, PF, OF and SF */
    ret
.Lrare:
    ud2
sgxx_soft_eaccept_end:

/*
 * Every signal handler of the software SGX. The kernel has switched to the alternate stack but not FS and GS: find the record
 * from RSP, install the thread's own bases, and only then run C++ (whose stack protector reads %fs:0x28). The record's
 * interrupted_fs and interrupted_gs are what the return installs: the handler may have changed its mind about who returns.
 */
    .type sgxx_soft_signal_entry, @function
sgxx_soft_signal_entry:
    push %rbx
    mov %rsp, %rbx
    and $-SLOT_SIZE, %rbx
    mov %rbx, %rax
    sub sgxx_soft_arena_begin(%rip), %rax
    cmp sgxx_soft_arena_length(%rip), %rax
    jae .Lforeign
    rdfsbase %rax
    mov %rax, REC_INTERRUPTED_FS(%rbx)
    rdgsbase %rax
    mov %rax, REC_INTERRUPTED_GS(%rbx)
    mov REC_HOST_FS(%rbx), %rax
    wrfsbase %rax
    mov REC_HOST_GS(%rbx), %rax
    wrgsbase %rax
    pushfq
    andl $~0x40400, (%rsp)          /* AC and DF: the interrupted code's, not ours */
    popfq
    mov %rbx, %rcx
    call sgxx_soft_on_signal
    mov REC_INTERRUPTED_FS(%rbx), %rax
    wrfsbase %rax
    mov REC_INTERRUPTED_GS(%rbx), %rax
    wrgsbase %rax
    pop %rbx
    ret
.Lforeign:                          /* a host thread that never attached: on its own stack, with its own bases */
    cld
    xor %ecx, %ecx
    call sgxx_soft_on_signal
    pop %rbx
    ret
    .size sgxx_soft_signal_entry, . - sgxx_soft_signal_entry

    .type sgxx_soft_signal_return, @function
    nop
sgxx_soft_signal_return:
    mov $15, %eax                   /* rt_sigreturn */
    syscall
    ud2
    .size sgxx_soft_signal_return, . - sgxx_soft_signal_return

    .section .note.GNU-stack, "", @progbits
