#pragma once
#include <errno.h>
#include <linux/sched.h>
#include <seccomp.h>

// Actions and comparisons are macros, and seccomp_rule_add is variadic: Swift imports none of them.

static inline uint32_t phototui_seccomp_allow(void) { return SCMP_ACT_ALLOW; }
static inline uint32_t phototui_seccomp_kill(void) { return SCMP_ACT_KILL_PROCESS; }
static inline uint32_t phototui_seccomp_errno(uint16_t code) { return SCMP_ACT_ERRNO(code); }
static inline int phototui_seccomp_rule(scmp_filter_ctx filter, uint32_t action, int call) {
    return seccomp_rule_add(filter, action, call, 0);
}
static inline int phototui_seccomp_allow_threads(scmp_filter_ctx filter) {
    return seccomp_rule_add(
        filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
}
