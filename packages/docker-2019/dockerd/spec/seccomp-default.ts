/**
 * Docker's own seccomp profile, as of 20.10.24: whatever isn't allowed gives EPERM.
 *
 * It is 20.10's and not 19.03's because a C library of today tries clone3 first, which 19.03 answers with EPERM: then no thread starts.
 * 20.10 answers ENOSYS, and the library takes clone. 20.10 also knows the calls that came since: landlock, futex_waitv, openat2 …
 *
 * @see https://github.com/moby/moby/blob/v20.10.24/profiles/seccomp/default.json
 */
import type { LinuxSeccompArch } from "@eras/oci-spec/runtime/config-seccomp.ts";
import type { SeccompProfile, SeccompRule } from "./seccomp.ts";

// biome-ignore format: names only, in their order
const ALWAYS: readonly string[] = [
  "accept", "accept4", "access", "adjtimex", "alarm", "bind", "brk", "capget", "capset", "chdir", "chmod", "chown",
  "chown32", "clock_adjtime", "clock_adjtime64", "clock_getres", "clock_getres_time64", "clock_gettime",
  "clock_gettime64", "clock_nanosleep", "clock_nanosleep_time64", "close", "close_range", "connect",
  "copy_file_range", "creat", "dup", "dup2", "dup3", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_ctl_old",
  "epoll_pwait", "epoll_pwait2", "epoll_wait", "epoll_wait_old", "eventfd", "eventfd2", "execve", "execveat", "exit",
  "exit_group", "faccessat", "faccessat2", "fadvise64", "fadvise64_64", "fallocate", "fanotify_mark", "fchdir",
  "fchmod", "fchmodat", "fchown", "fchown32", "fchownat", "fcntl", "fcntl64", "fdatasync", "fgetxattr", "flistxattr",
  "flock", "fork", "fremovexattr", "fsetxattr", "fstat", "fstat64", "fstatat64", "fstatfs", "fstatfs64", "fsync",
  "ftruncate", "ftruncate64", "futex", "futex_time64", "futex_waitv", "futimesat", "getcpu", "getcwd", "getdents",
  "getdents64", "getegid", "getegid32", "geteuid", "geteuid32", "getgid", "getgid32", "getgroups", "getgroups32",
  "getitimer", "getpeername", "getpgid", "getpgrp", "getpid", "getppid", "getpriority", "getrandom", "getresgid",
  "getresgid32", "getresuid", "getresuid32", "getrlimit", "get_robust_list", "getrusage", "getsid", "getsockname",
  "getsockopt", "get_thread_area", "gettid", "gettimeofday", "getuid", "getuid32", "getxattr", "inotify_add_watch",
  "inotify_init", "inotify_init1", "inotify_rm_watch", "io_cancel", "ioctl", "io_destroy", "io_getevents",
  "io_pgetevents", "io_pgetevents_time64", "ioprio_get", "ioprio_set", "io_setup", "io_submit", "io_uring_enter",
  "io_uring_register", "io_uring_setup", "ipc", "kill", "landlock_add_rule", "landlock_create_ruleset",
  "landlock_restrict_self", "lchown", "lchown32", "lgetxattr", "link", "linkat", "listen", "listxattr", "llistxattr",
  "_llseek", "lremovexattr", "lseek", "lsetxattr", "lstat", "lstat64", "madvise", "membarrier", "memfd_create",
  "memfd_secret", "mincore", "mkdir", "mkdirat", "mknod", "mknodat", "mlock", "mlock2", "mlockall", "mmap", "mmap2",
  "mprotect", "mq_getsetattr", "mq_notify", "mq_open", "mq_timedreceive", "mq_timedreceive_time64", "mq_timedsend",
  "mq_timedsend_time64", "mq_unlink", "mremap", "msgctl", "msgget", "msgrcv", "msgsnd", "msync", "munlock",
  "munlockall", "munmap", "nanosleep", "newfstatat", "_newselect", "open", "openat", "openat2", "pause", "pidfd_open",
  "pidfd_send_signal", "pipe", "pipe2", "poll", "ppoll", "ppoll_time64", "prctl", "pread64", "preadv", "preadv2",
  "prlimit64", "process_mrelease", "pselect6", "pselect6_time64", "pwrite64", "pwritev", "pwritev2", "read",
  "readahead", "readlink", "readlinkat", "readv", "recv", "recvfrom", "recvmmsg", "recvmmsg_time64", "recvmsg",
  "remap_file_pages", "removexattr", "rename", "renameat", "renameat2", "restart_syscall", "rmdir", "rseq",
  "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigqueueinfo", "rt_sigreturn", "rt_sigsuspend",
  "rt_sigtimedwait", "rt_sigtimedwait_time64", "rt_tgsigqueueinfo", "sched_getaffinity", "sched_getattr",
  "sched_getparam", "sched_get_priority_max", "sched_get_priority_min", "sched_getscheduler", "sched_rr_get_interval",
  "sched_rr_get_interval_time64", "sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler",
  "sched_yield", "seccomp", "select", "semctl", "semget", "semop", "semtimedop", "semtimedop_time64", "send",
  "sendfile", "sendfile64", "sendmmsg", "sendmsg", "sendto", "setfsgid", "setfsgid32", "setfsuid", "setfsuid32",
  "setgid", "setgid32", "setgroups", "setgroups32", "setitimer", "setpgid", "setpriority", "setregid", "setregid32",
  "setresgid", "setresgid32", "setresuid", "setresuid32", "setreuid", "setreuid32", "setrlimit", "set_robust_list",
  "setsid", "setsockopt", "set_thread_area", "set_tid_address", "setuid", "setuid32", "setxattr", "shmat", "shmctl",
  "shmdt", "shmget", "shutdown", "sigaltstack", "signalfd", "signalfd4", "sigprocmask", "sigreturn", "socket",
  "socketcall", "socketpair", "splice", "stat", "stat64", "statfs", "statfs64", "statx", "symlink", "symlinkat",
  "sync", "sync_file_range", "syncfs", "sysinfo", "tee", "tgkill", "time", "timer_create", "timer_delete",
  "timer_getoverrun", "timer_gettime", "timer_gettime64", "timer_settime", "timer_settime64", "timerfd_create",
  "timerfd_gettime", "timerfd_gettime64", "timerfd_settime", "timerfd_settime64", "times", "tkill", "truncate",
  "truncate64", "ugetrlimit", "umask", "uname", "unlink", "unlinkat", "utime", "utimensat", "utimensat_time64",
  "utimes", "vfork", "vmsplice", "wait4", "waitid", "waitpid", "write", "writev",
];

/** Calls that a capability opens. Without it the kernel would refuse them too, but not before some code of its has run. */
// biome-ignore format: a line for each capability
const BY_CAPABILITY: readonly (readonly [capability: string, ...names: string[]])[] = [
  ["CAP_SYS_BOOT", "reboot"],
  ["CAP_SYS_CHROOT", "chroot"],
  ["CAP_SYS_MODULE", "delete_module", "init_module", "finit_module"],
  ["CAP_SYS_PACCT", "acct"],
  ["CAP_SYS_PTRACE", "kcmp", "pidfd_getfd", "process_madvise", "process_vm_readv", "process_vm_writev", "ptrace"],
  ["CAP_SYS_RAWIO", "iopl", "ioperm"],
  ["CAP_SYS_TIME", "settimeofday", "stime", "clock_settime"],
  ["CAP_SYS_TTY_CONFIG", "vhangup"],
  ["CAP_SYS_NICE", "get_mempolicy", "mbind", "set_mempolicy"],
  ["CAP_SYSLOG", "syslog"],
];

// biome-ignore format: names only, in their order
const OF_SYS_ADMIN: readonly string[] = [
  "bpf", "clone", "clone3", "fanotify_init", "fsconfig", "fsmount", "fsopen", "fspick", "lookup_dcookie", "mount", "mount_setattr",
  "move_mount", "name_to_handle_at", "open_tree", "perf_event_open", "quotactl", "quotactl_fd", "setdomainname", "sethostname", "setns",
  "syslog", "umount", "umount2", "unshare",
];

/** Linux, Linux with 16-bit addresses, both with an old uname, and "tell me what I have": personality(2). */
const PERSONALITIES = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];

/** All that make a namespace: CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. NEWTIME goes through clone3 alone. */
const NEW_NAMESPACES = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000;
const ENOSYS = 38;
const S390 = ["s390", "s390x"];

export const DEFAULT_PROFILE: SeccompProfile = {
  defaultAction: "SCMP_ACT_ERRNO",
  archMap: [
    machine("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"),
    machine("SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"),
    machine("SCMP_ARCH_MIPS64", "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64N32"),
    machine("SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64"),
    machine("SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64N32"),
    machine("SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64"),
    machine("SCMP_ARCH_S390X", "SCMP_ARCH_S390"),
  ],
  syscalls: [
    allow(ALWAYS),
    { ...allow(["ptrace"]), includes: { minKernel: "4.8" } }, // before, a tracer got around its filter
    ...PERSONALITIES.map(personality),
    onMachines(["ppc64le"], "sync_file_range2"),
    onMachines(
      ["arm", "arm64"],
      "arm_fadvise64_64",
      "arm_sync_file_range",
      "sync_file_range2",
      "breakpoint",
      "cacheflush",
      "set_tls",
    ),
    onMachines(["amd64", "x32"], "arch_prctl"),
    onMachines(["amd64", "x32", "x86"], "modify_ldt"),
    onMachines(S390, "s390_pci_mmio_read", "s390_pci_mmio_write", "s390_runtime_instr"),
    withCapability("CAP_DAC_READ_SEARCH", "open_by_handle_at"),
    withCapability("CAP_SYS_ADMIN", ...OF_SYS_ADMIN),
    { ...cloneWithoutNamespaces(0), excludes: { caps: ["CAP_SYS_ADMIN"], arches: S390 } },
    { ...cloneWithoutNamespaces(1), includes: { arches: S390 }, excludes: { caps: ["CAP_SYS_ADMIN"] } }, // its flags come second
    // its flags are in memory, where a filter can't look
    { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: ENOSYS, excludes: { caps: ["CAP_SYS_ADMIN"] } },
    ...BY_CAPABILITY.map(([capability, ...names]) => withCapability(capability, ...names)),
  ],
};

function machine(architecture: LinuxSeccompArch, ...subArchitectures: LinuxSeccompArch[]) {
  return { architecture, subArchitectures };
}

function allow(names: readonly string[]): SeccompRule {
  return { names, action: "SCMP_ACT_ALLOW" };
}

function onMachines(arches: readonly string[], ...names: string[]): SeccompRule {
  return { ...allow(names), includes: { arches } };
}

function withCapability(capability: string, ...names: string[]): SeccompRule {
  return { ...allow(names), includes: { caps: [capability] } };
}

function personality(value: number): SeccompRule {
  return { ...allow(["personality"]), args: [{ index: 0, value, op: "SCMP_CMP_EQ" }] };
}

function cloneWithoutNamespaces(index: number): SeccompRule {
  return { ...allow(["clone"]), args: [{ index, value: NEW_NAMESPACES, op: "SCMP_CMP_MASKED_EQ" }] };
}
