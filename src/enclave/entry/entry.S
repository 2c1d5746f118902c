/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where control enters and leaves the enclave, and where the program enters the runtime.
 *
 * runtime_entry (EENTER) trusts RAX (CSSA), RBX and GS, which the processor sets, and reads RDI, RSI, RCX, RSP and RBP as
 * plain values of the host. It touches no host memory and no stack but the enclave's own. There are four ways on:
 *   CSSA = 0, thread idle or starting   -> start_thread(host area) on an empty runtime stack
 *   CSSA = 0, host call outstanding     -> back into leave_for_host's caller
 *   CSSA = 1                            -> handle_exception on the exception stack, then EEXIT(resume)
 *   anything else, or after an abort    -> EEXIT(abort)
 * Exception entry shares no scratch space and no stack with the others, and edits only SSA[0]; so it may come at any
 * instruction of this file.
 */
#include "abi/enclu.inc"
#include "abi/entry_constants.h"
#include "enclave/entry/thread_block_offsets.h"

        .text

/* After a branch on what the host chose: no speculation past it. */
.macro BARRIER
        lfence
.endm

/* Zero in each of these registers. */
.macro ZERO registers:vararg
        .irp    register, \registers
        xor     %\register, %\register
        .endr
.endm

/* Known flags and extended state. Needs an enclave stack; clobbers RAX and RDX. */
.macro SANITIZE
        pushq   $0x202
        popfq
        mov     $-1, %eax
        mov     %eax, %edx
        xrstor64 enclave_xstate(%rip)
        lfence
.endm

/* What the way out needs of what the host came with. */
.macro KEEP_HOST_REGISTERS
        mov     %rsp, %gs:TB_HOST_RSP
        mov     %rbp, %gs:TB_HOST_RBP
        mov     %rcx, %gs:TB_EXIT_TARGET
.endm

/* Constant extended state for the host; clobbers RAX and RDX. */
.macro SCRUB_XSTATE
        mov     $-1, %eax
        mov     %eax, %edx
        xrstor64 host_xstate(%rip)
.endm

/* Everything but RDI, RSI, RBX, RSP, RBP, then EEXIT. RCX is set by EEXIT. The last XOR leaves constant flags. */
.macro SCRUB_AND_EEXIT
        ZERO    edx, ecx, r8d, r9d, r10d, r11d, r12d, r13d, r14d, r15d
        mov     $4, %eax
        SGXX_ENCLU SGXX_ENCLU_KIND_EXIT
        ud2
.endm

        .globl  runtime_entry
        .type   runtime_entry, @function
runtime_entry:
        cld
        /* All that decides is in registers before the first branch: so one barrier, on each way behind the last, is enough. */
        mov     enclave_aborted(%rip), %r8d
        mov     %gs:TB_STATE, %r9d
        test    %r8d, %r8d
        jne     .Lrefuse
        cmp     $1, %rax
        je      .Lexception
        ja      .Lbad_entry
        cmp     $THREAD_AWAITING_RETURN, %r9d
        je      .Lreturn
        cmp     $THREAD_STARTING, %r9d
        je      .Lstart
        cmp     $THREAD_IDLE, %r9d
        jne     .Lbad_entry
        BARRIER
        /* Idle: only the very first entry of the enclave is allowed. */
        xor     %eax, %eax
        mov     $1, %edx
        lock cmpxchg %edx, boot_started(%rip)
        jne     .Lbad_entry
.Lstart:
        cmp     $SGXX_ENTER_START, %rdi
        jne     .Lbad_entry
        BARRIER
        KEEP_HOST_REGISTERS
        movl    $THREAD_RUNNING, %gs:TB_STATE
        rdgsbase %rax
        lea     enclave_config(%rip), %rdx
        sub     CONFIG_THREAD_BLOCK(%rdx), %rax
        add     CONFIG_THREAD_STACK(%rdx), %rax
        add     CONFIG_THREAD_STACK_LENGTH(%rdx), %rax
        lea     -FRAME_SIZE(%rax), %rsp
        SANITIZE
        mov     %rsi, %rdi
        rdgsbase %rsi
        ZERO    eax, ecx, edx, ebx, ebp, r8d, r9d, r10d, r11d, r12d, r13d, r14d, r15d
        call    start_thread
        ud2

.Lreturn:
        cmp     $SGXX_ENTER_RETURN, %rdi
        jne     .Lbad_entry
        BARRIER
        KEEP_HOST_REGISTERS
        movl    $THREAD_RUNNING, %gs:TB_STATE
        mov     %gs:TB_CALL_RSP, %rsp
        pushq   $0x202
        popfq
        lea     enclave_xstate(%rip), %r9
        call    clear_xstate
        pop     %rax
        wrfsbase %rax
        ZERO    eax, ecx, edx, esi, edi, r8d, r9d, r10d, r11d
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        ret

.Lbad_entry:
        BARRIER
        movl    $1, enclave_aborted(%rip)
.Lrefuse:
        /* The host's RSP and RBP are still in place, and RCX is where it wants to go on. */
        BARRIER
        mov     %rcx, %rbx
        mov     enclave_aborted(%rip), %esi
        mov     $SGXX_EXIT_ABORT, %edi
        SCRUB_XSTATE
        SCRUB_AND_EEXIT

.Lexception:
        BARRIER
        mov     %rsp, %gs:TB_EXCEPTION_HOST_RSP
        mov     %rbp, %gs:TB_EXCEPTION_HOST_RBP
        mov     %rcx, %gs:TB_EXCEPTION_EXIT_TARGET
        rdgsbase %rax
        lea     enclave_config(%rip), %rdx
        sub     CONFIG_THREAD_BLOCK(%rdx), %rax
        add     CONFIG_THREAD_EXCEPTION_STACK(%rdx), %rax
        add     CONFIG_THREAD_EXCEPTION_STACK_LENGTH(%rdx), %rax
        mov     %rax, %rsp
        SANITIZE
        movl    $1, %gs:TB_IN_EXCEPTION
        rdgsbase %rdi
        ZERO    eax, ecx, edx, esi, ebx, ebp, r8d, r9d, r10d, r11d, r12d, r13d, r14d, r15d
        call    handle_exception
        movl    $0, %gs:TB_IN_EXCEPTION
        mov     $SGXX_EXIT_RESUME, %edi
        xor     %esi, %esi
        jmp     .Lexception_exit
        .size   runtime_entry, . - runtime_entry

/* [[noreturn]] void leave_from_exception(u64 kind, u64 value): EEXIT on the exception path. */
        .globl  leave_from_exception
        .type   leave_from_exception, @function
leave_from_exception:
.Lexception_exit:
        SCRUB_XSTATE
        mov     %gs:TB_EXCEPTION_EXIT_TARGET, %rbx
        mov     %gs:TB_EXCEPTION_HOST_RSP, %rsp
        mov     %gs:TB_EXCEPTION_HOST_RBP, %rbp
        SCRUB_AND_EEXIT
        .size   leave_from_exception, . - leave_from_exception

/*
 * void leave_for_host(): EEXIT(host_call); returns when the host enters again. The program's extended state is saved once
 * for each system call.
 */
        .globl  leave_for_host
        .type   leave_for_host, @function
leave_for_host:
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        rdfsbase %rax           /* EENTER replaces the program's FS base */
        push    %rax
        mov     %rsp, %gs:TB_CALL_RSP
        call    put_away_xstate
        mov     %gs:TB_EXIT_TARGET, %rbx
        mov     $SGXX_EXIT_HOST_CALL, %edi
        xor     %esi, %esi
        mov     %gs:TB_HOST_RBP, %rbp
        mov     %gs:TB_HOST_RSP, %rsp
        movl    $THREAD_AWAITING_RETURN, %gs:TB_STATE
        SCRUB_AND_EEXIT
        .size   leave_for_host, . - leave_for_host

/* [[noreturn]] void leave_for_good(u64 kind, u64 value, u32 state): EEXIT(thread_done or abort). */
        .globl  leave_for_good
        .type   leave_for_good, @function
leave_for_good:
        mov     %edx, %r8d
        SCRUB_XSTATE
        mov     %gs:TB_EXIT_TARGET, %rbx
        mov     %gs:TB_HOST_RBP, %rbp
        mov     %gs:TB_HOST_RSP, %rsp
        mov     %r8d, %gs:TB_STATE
        SCRUB_AND_EEXIT
        .size   leave_for_good, . - leave_for_good

/*
 * The program's system call: RAX number, RDI RSI RDX R10 R8 R9 arguments, RCX where to go on. Preserves everything but RAX,
 * RCX and R11. The program may have changed GS: it is believed only when it points at some thread's block.
 */
        .balign 64
        .globl  runtime_syscall
        .type   runtime_syscall, @function
runtime_syscall:
        rdgsbase %r11
        sub     first_thread_block(%rip), %r11
        cmp     thread_blocks_length(%rip), %r11
        jae     fix_gs_trap
        test    $0xfff, %r11d
        jnz     fix_gs_trap
        mov     %rsp, %gs:TB_USER_RSP
        mov     %gs:TB_STACK_TOP, %rsp
        pushq   $0
        pushq   %gs:TB_USER_RSP
        pushfq
        push    %rcx
        push    %rax
        push    %rdi
        push    %rsi
        push    %rdx
        push    %rcx
        push    %rax
        push    %r8
        push    %r9
        push    %r10
        push    %r11
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        testl   $0x40400, FRAME_RFLAGS(%rsp)
        jnz     .Lclean_flags
.Lflags_clean:
        mov     %rsp, %rdi
        call    serve_syscall
        mov     %rax, FRAME_RAX(%rsp)
        /*
         * From here to the jump the exception handler may send us back here: until then the frame holds all registers.
         */
        .globl  syscall_exit
syscall_exit:
        cmpq    $0, %gs:TB_WORK
        jne     .Lexit_work
        mov     FRAME_RFLAGS(%rsp), %r11
        mov     FRAME_RIP(%rsp), %rcx
        mov     56(%rsp), %r10
        mov     64(%rsp), %r9
        mov     72(%rsp), %r8
        mov     FRAME_RAX(%rsp), %rax
        mov     96(%rsp), %rdx
        mov     104(%rsp), %rsi
        mov     FRAME_RDI(%rsp), %rdi
        mov     FRAME_RSP(%rsp), %rsp
        jmp     *%rcx

.Lclean_flags:
        pushq   $0x202
        popfq
        jmp     .Lflags_clean

        /* Extended state to restore, signals to deliver, or a thread or context that starts: all registers from the frame. */
.Lexit_work:
        mov     %rsp, %rdi
        call    prepare_return
        mov     %eax, %ebx
        call    restore_xstate
        test    %ebx, %ebx
        mov     0(%rsp), %r15
        mov     8(%rsp), %r14
        mov     16(%rsp), %r13
        mov     24(%rsp), %r12
        mov     32(%rsp), %rbp
        mov     40(%rsp), %rbx
        jz      syscall_exit    /* again: an interruption of prepare_return only left a note */
        mov     56(%rsp), %r10
        mov     64(%rsp), %r9
        mov     72(%rsp), %r8
        mov     FRAME_RAX(%rsp), %rax
        mov     96(%rsp), %rdx
        mov     104(%rsp), %rsi
        mov     FRAME_RDI(%rsp), %rdi
        mov     FRAME_RFLAGS(%rsp), %r11
        mov     FRAME_RIP(%rsp), %rcx
        mov     FRAME_RSP(%rsp), %rsp
        /* The exception handler sees this instruction, goes on at RCX and delivers the signal there. */
        .globl  deliver_signal_trap
deliver_signal_trap:
        ud2
        .globl  syscall_exit_end
syscall_exit_end:
        .size   runtime_syscall, . - runtime_syscall

/* The exception handler sees this instruction, loads the thread's own GS base and goes on at runtime_syscall. */
        .globl  fix_gs_trap
fix_gs_trap:
        ud2

/* [[noreturn]] void return_from_signal(): the exception handler loads the frame at ThreadBlock::user_rsp. */
        .globl  return_from_signal
        .type   return_from_signal, @function
return_from_signal:
        .globl  return_from_signal_trap
return_from_signal_trap:
        ud2
        .size   return_from_signal, . - return_from_signal

/*
 * [[noreturn]] void attend_interrupted(): where the exception handler sends a program that it interrupted, on the empty runtime
 * stack, to look at what came from outside. The handler sees the instruction at the end and loads the program's registers.
 */
        .globl  attend_interrupted
        .type   attend_interrupted, @function
attend_interrupted:
        sub     $8, %rsp
        call    attend_for_program
        call    restore_xstate
        .globl  attended_trap
attended_trap:
        ud2
        .size   attend_interrupted, . - attend_interrupted

/* [[noreturn]] void enter_program(SyscallFrame*): all registers from the frame at the top of the runtime stack. */
        .globl  enter_program
        .type   enter_program, @function
enter_program:
        mov     %rdi, %rsp
        mov     $-1, %eax
        mov     %eax, %edx
        xrstor64 program_xstate(%rip)
        jmp     .Lexit_work
        .size   enter_program, . - enter_program

/*
 * cpuid, rdtsc, rdtscp and xgetbv of the program: RDX where to go on. Preserve flags and all registers but their outputs,
 * which the handler writes into an InstructionFrame. A GS that the program has changed faults at the first instruction and is
 * put right by the exception handler.
 */
.macro INSTRUCTION name, handler
        .globl  \name
        .type   \name, @function
\name:
        mov     %rdx, %gs:TB_LINK
        mov     %rsp, %gs:TB_USER_RSP
        mov     %gs:TB_STACK_TOP, %rsp
        pushfq
        push    %rdi
        push    %rsi
        push    %r8
        push    %r9
        push    %r10
        push    %r11
        push    %rdx
        push    %rcx
        push    %rbx
        push    %rax
        cld
        mov     %rsp, %rdi
        sub     $8, %rsp
        call    \handler
        add     $8, %rsp
        jmp     instruction_exit
        .size   \name, . - \name
.endm

/* What INSTRUCTION pushed, and the program's stack. */
.macro POP_INSTRUCTION_FRAME
        .irp    register, rax, rbx, rcx, rdx, r11, r10, r9, r8, rsi, rdi
        pop     %\register
        .endr
        popfq
        mov     %gs:TB_USER_RSP, %rsp
.endm

        INSTRUCTION runtime_cpuid, serve_cpuid
        INSTRUCTION runtime_rdtsc, serve_rdtsc
        INSTRUCTION runtime_rdtscp, serve_rdtscp
        INSTRUCTION runtime_xgetbv, serve_xgetbv

/* The way back from each of them. From its beginning to its end the exception handler may send us back to the beginning. */
        .globl  instruction_exit
        .type   instruction_exit, @function
instruction_exit:
        cmpl    $0, %gs:TB_SIGNAL_PENDING
        jne     1f
        POP_INSTRUCTION_FRAME
        jmp     *%gs:TB_LINK
1:      POP_INSTRUCTION_FRAME
        /* The exception handler sees this instruction, goes on at the link and delivers the signal there. */
        .globl  instruction_signal_trap
instruction_signal_trap:
        ud2
        .globl  instruction_exit_end
instruction_exit_end:
        .size   instruction_exit, . - instruction_exit

/* void read_tsc(u64* low, u64* high). Where the enclave may not execute RDTSC the exception handler gives a number. */
        .globl  read_tsc
        .type   read_tsc, @function
read_tsc:
        mov     %rsi, %rcx
        .globl  rdtsc_trap
rdtsc_trap:
        rdtsc
        mov     %rax, (%rdi)
        mov     %rdx, (%rcx)
        ret
        .size   read_tsc, . - read_tsc

/* void execute_ereport(const TargetInfo*, const ReportData*, Report*) */
        .globl  execute_ereport
        .type   execute_ereport, @function
execute_ereport:
        push    %rbx
        mov     %rdi, %rbx
        mov     %rsi, %rcx
        xor     %eax, %eax
        SGXX_ENCLU SGXX_ENCLU_KIND_RETURN
        pop     %rbx
        ret
        .size   execute_ereport, . - execute_ereport

/* u32 execute_egetkey(const KeyRequest*, Key128*): the leaf's error code. */
        .globl  execute_egetkey
        .type   execute_egetkey, @function
execute_egetkey:
        push    %rbx
        mov     %rdi, %rbx
        mov     %rsi, %rcx
        mov     $1, %eax
        SGXX_ENCLU SGXX_ENCLU_KIND_RETURN
        pop     %rbx
        ret
        .size   execute_egetkey, . - execute_egetkey

/*
 * u64 accept_pages(u64 first, u64 count): EACCEPT of that many pages (at least one) as EAUG adds them, pending, readable and
 * writable. 0, or the leaf's error code at the first page that is not as it must be; a page that does not come at all faults
 * between the two labels.
 */
        .globl  accept_pages
        .type   accept_pages, @function
accept_pages:
        push    %rbx
        lea     pending_page(%rip), %rbx
        mov     %rdi, %rcx
        .globl  accept_begin
accept_begin:
1:      mov     $5, %eax
        SGXX_ENCLU SGXX_ENCLU_KIND_ACCEPT
        test    %eax, %eax
        jnz     2f
        add     $4096, %rcx
        dec     %rsi
        jnz     1b
        .globl  accept_end
accept_end:
2:      pop     %rbx
        ret
        .size   accept_pages, . - accept_pages

/* EnclaveConfig: filled by the packer, measured, read-only. Defined here, so that no compiler believes the zeroes. */
        .section .config, "a", @progbits
        .globl  enclave_config
        .type   enclave_config, @object
enclave_config:
        .zero   4096
        .size   enclave_config, 4096

        .section .rodata, "a", @progbits
        .balign 64
pending_page:                   /* SecInfo::pending() */
        .quad   0x20b
        .zero   56
        .macro XSTATE_IMAGE name, mxcsr
        .balign 64
        .globl  \name
\name:  .word   0x37f, 0
        .zero   20
        .long   \mxcsr, 0
        .zero   544
        .endm
        /* Every component in its initial state. The runtime's MXCSR masks and pre-sets all exceptions (MCDT). */
        XSTATE_IMAGE enclave_xstate, 0x1fbf
        XSTATE_IMAGE program_xstate, 0x1f80
        XSTATE_IMAGE host_xstate, 0x1f80

        .data
        .balign 64
        .globl  boot_started
boot_started:           .long 0
        .globl  enclave_aborted
enclave_aborted:        .long 0
        /* Set by boot, read at every system call. */
        .globl  first_thread_block, thread_blocks_length
first_thread_block:     .quad 0
thread_blocks_length:   .quad 0
        .section .note.GNU-stack,"",@progbits
