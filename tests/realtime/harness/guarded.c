/* Call an audio callback on a thread of its own under a seccomp filter that traps every system call.
 *
 * Only the harness's own system calls pass: they are made by one instruction, whose address the filter knows. What the
 * callback tries is counted, refused (ENOSYS) and reported; page faults and voluntary context switches are read with
 * getrusage before the first call and after the last. Linux on x86-64 or AArch64.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/ucontext.h>

typedef int (*callback)(const void *, void *, unsigned long, const void *, unsigned long, void *);

struct run {
    callback function;
    void *output, *user;
    int64_t frames, calls;
    int64_t first_calls;                          /* made before the trap is set: the first block */
    int64_t refused, system_calls, last_number, faults, switches; /* results */
};

extern char after_gate[];
static struct run *current;

/* The one system call instruction that the filter lets pass. */
long gate(long number, long a, long b, long c);
#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
__asm__(".globl gate\ngate: mov %rdi,%rax\n mov %rsi,%rdi\n mov %rdx,%rsi\n mov %rcx,%rdx\n"
        " syscall\n.globl after_gate\nafter_gate: ret\n");
static void refuse(ucontext_t *context) { context->uc_mcontext.gregs[REG_RAX] = -ENOSYS; }
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
__asm__(".globl gate\ngate: mov x8,x0\n mov x0,x1\n mov x1,x2\n mov x2,x3\n"
        " svc #0\n.globl after_gate\nafter_gate: ret\n");
static void refuse(ucontext_t *context) { context->uc_mcontext.regs[0] = -ENOSYS; }
#endif

static void trapped(int number, siginfo_t *info, void *context) {
    (void)number;
    current->system_calls++;
    current->last_number = info->si_syscall;
    refuse(context);
}

static int set_trap(void) {
    uint64_t address = (uint64_t)(uintptr_t)after_gate;
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 4, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)address, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer) + 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(address >> 32), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
    };
    struct sock_fprog filter = {sizeof program / sizeof *program, program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0 ? 0 : errno;
}

static int call(struct run *run) { return run->function(NULL, run->output, run->frames, NULL, 0, run->user); }

static void *thread(void *argument) {
    struct run *run = argument;
    struct rusage before, after;
    memset(&after, 0, sizeof after);
    for (int64_t n = 0; n < run->first_calls; n++) call(run);
    run->refused = set_trap();
    gate(SYS_getrusage, RUSAGE_THREAD, (long)&before, 0);
    gate(SYS_getrusage, RUSAGE_THREAD, (long)&before, 0);
    for (int64_t n = 0; n < run->calls; n++) call(run);
    gate(SYS_getrusage, RUSAGE_THREAD, (long)&after, 0);
    run->faults = after.ru_minflt - before.ru_minflt + after.ru_majflt - before.ru_majflt;
    run->switches = after.ru_nvcsw - before.ru_nvcsw;
    gate(SYS_exit, 0, 0, 0); /* the C library's own way out would be trapped */
    return NULL;
}

int run_guarded(struct run *run) {
    struct sigaction action;
    pthread_t id;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = trapped;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGSYS, &action, NULL);
    current = run;
    if (pthread_create(&id, NULL, thread, run) != 0) return -1;
    return pthread_join(id, NULL);
}

/* Callbacks that break the rules. */
int asks_for_memory(const void *i, void *o, unsigned long f, const void *t, unsigned long s, void *u) {
    (void)i, (void)o, (void)f, (void)t, (void)s, (void)u;
    void *volatile memory = malloc(64 << 20);
    free(memory);
    return 0;
}

int touches_new_pages(const void *i, void *o, unsigned long f, const void *t, unsigned long s, void *u) {
    (void)i, (void)o, (void)f, (void)t, (void)s;
    volatile char **next = u;
    **next = 1;
    *next += 4096;
    return 0;
}
