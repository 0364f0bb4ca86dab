import CSeccomp
import Core
import Glibc

/// What a hostile picture can reach: memory, processor time, and the answer on the socket.
enum Sandbox {
    private static let addressSpace: rlim_t = 4 << 30

    /// Limits that hold from the start.
    static func prepare() throws {
        signal(SIGPIPE, SIG_IGN)
        try limit(RLIMIT_AS, soft: addressSpace, hard: addressSpace)
        try limit(RLIMIT_CORE, soft: 0, hard: 0)
        try limit(RLIMIT_FSIZE, soft: 0, hard: 0)
        try limit(RLIMIT_NOFILE, soft: 64, hard: 64)
        // More memory than this would go to a temporary file, which is forbidden here.
        setenv("VIPS_DISC_THRESHOLD", "64g", 1)
    }

    /// Gives the next request this much more processor time.
    static func allowProcessorTime(seconds: Int) {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let used = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        var current = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_CPU.rawValue), &current)
        current.rlim_cur = min(rlim_t(used + seconds + 1), current.rlim_max)
        setrlimit(__rlimit_resource_t(RLIMIT_CPU.rawValue), &current)
    }

    /// From here on: no file can be opened, no program or process started, no network used. Whatever isn't named fails
    /// with EPERM; starting a program or a socket ends the process, as only an exploit would.
    static func enter() throws {
        guard let filter = seccomp_init(phototui_seccomp_errno(UInt16(EPERM))) else {
            throw EngineError(.internal, "libseccomp could not be initialised")
        }
        defer { seccomp_release(filter) }
        for name in allowed {
            try add(filter, phototui_seccomp_allow(), name)
        }
        for name in ["execve", "execveat", "fork", "vfork", "socket", "connect", "bind", "ptrace", "mount"] {
            try add(filter, phototui_seccomp_kill(), name)
        }
        // Threads are needed, processes are not. glibc falls back to clone when clone3 is said not to exist.
        try add(filter, phototui_seccomp_errno(UInt16(ENOSYS)), "clone3")
        guard phototui_seccomp_allow_threads(filter) == 0, seccomp_load(filter) == 0 else {
            throw EngineError(.internal, "the seccomp filter could not be loaded")
        }
    }

    private static let allowed = [
        "read", "readv", "pread64", "write", "writev", "recvmsg", "sendmsg", "close", "fstat", "newfstatat", "lseek",
        "mmap", "munmap", "mprotect", "mremap", "madvise", "brk", "futex", "clock_gettime", "clock_getres",
        "gettimeofday", "time", "getrusage", "getrlimit", "prlimit64", "setrlimit", "exit", "exit_group",
        "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "set_robust_list", "rseq", "sched_yield",
        "sched_getaffinity", "getpid", "gettid", "tgkill", "getrandom", "poll", "ppoll", "nanosleep",
        "clock_nanosleep", "sysinfo", "uname", "prctl", "restart_syscall", "membarrier", "getcpu",
    ]

    private static func add(_ filter: scmp_filter_ctx, _ action: UInt32, _ name: String) throws {
        let number = seccomp_syscall_resolve_name(name)
        // A call that this processor doesn't have needs no rule.
        guard number >= 0 else { return }
        guard phototui_seccomp_rule(filter, action, number) == 0 else {
            throw EngineError(.internal, "no seccomp rule for \(name)")
        }
    }

    private static func limit(_ resource: __rlimit_resource, soft: rlim_t, hard: rlim_t) throws {
        var value = rlimit(rlim_cur: soft, rlim_max: hard)
        guard setrlimit(__rlimit_resource_t(resource.rawValue), &value) == 0 else {
            throw EngineError(.internal, "a resource limit could not be set (errno \(errno))")
        }
    }
}
