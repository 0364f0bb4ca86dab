#define _GNU_SOURCE
#include "CProcess.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

extern char **environ;

// The decoder gets only what the linker and libvips need: other variables may hold secrets.
enum { most_variables = 8 };

static void select_environment(char *selected[most_variables]) {
    static char *const fixed[] = {"LC_ALL=C.UTF-8", "MALLOC_ARENA_MAX=2", "VIPS_CONCURRENCY=1"};
    static const char *const kept[] = {"LD_LIBRARY_PATH=", "ASAN_OPTIONS=", "TSAN_OPTIONS="};
    size_t count = 0;
    for (size_t index = 0; index < sizeof fixed / sizeof *fixed; ++index) selected[count++] = fixed[index];
    for (char **variable = environ; variable != NULL && *variable != NULL; ++variable) {
        for (size_t index = 0; index < sizeof kept / sizeof *kept; ++index) {
            if (strncmp(*variable, kept[index], strlen(kept[index])) == 0 && count < most_variables - 1) {
                selected[count++] = *variable;
            }
        }
    }
    selected[count] = NULL;
}

static int spawn(const char *path, pid_t *pid, int socket, int error) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int code = posix_spawn_file_actions_init(&actions);
    if (code != 0) return code;
    code = posix_spawnattr_init(&attributes);
    if (code != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return code;
    }
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, error, 2);
    posix_spawn_file_actions_adddup2(&actions, socket, 3);
    posix_spawn_file_actions_addclosefrom_np(&actions, 4);
    char *arguments[] = {(char *)path, NULL};
    char *environment[most_variables];
    select_environment(environment);
    code = posix_spawn(pid, path, &actions, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return code;
}

/// A copy of `file` above the descriptors that the child's own will take, so that no dup2 overwrites another's source.
static int lifted(int file) {
    int copy = fcntl(file, F_DUPFD_CLOEXEC, 10);
    close(file);
    return copy;
}

int phototui_spawn_decoder(const char *path, pid_t *pid, int *socket_out, int *standard_error) {
    int sockets[2], error[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) return errno;
    if (pipe2(error, O_CLOEXEC | O_NONBLOCK) != 0) {
        int code = errno;
        close(sockets[0]);
        close(sockets[1]);
        return code;
    }
    sockets[1] = lifted(sockets[1]);
    error[1] = lifted(error[1]);
    int code = sockets[1] < 0 || error[1] < 0 ? EMFILE : spawn(path, pid, sockets[1], error[1]);
    if (sockets[1] >= 0) close(sockets[1]);
    if (error[1] >= 0) close(error[1]);
    if (code != 0) {
        close(sockets[0]);
        close(error[0]);
        return code;
    }
    *socket_out = sockets[0];
    *standard_error = error[0];
    return 0;
}

int phototui_send(int socket, const void *bytes, size_t count, int file) {
    const char *next = bytes;
    while (count > 0) {
        struct iovec part = {(void *)next, count};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
        union {
            struct cmsghdr header;
            char space[CMSG_SPACE(sizeof(int))];
        } control;
        if (file >= 0) {
            memset(&control, 0, sizeof control);
            message.msg_control = control.space;
            message.msg_controllen = sizeof control.space;
            struct cmsghdr *header = CMSG_FIRSTHDR(&message);
            header->cmsg_level = SOL_SOCKET;
            header->cmsg_type = SCM_RIGHTS;
            header->cmsg_len = CMSG_LEN(sizeof(int));
            memcpy(CMSG_DATA(header), &file, sizeof file);
        }
        ssize_t sent = sendmsg(socket, &message, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EINTR) continue;
            return errno;
        }
        file = -1;
        next += sent;
        count -= (size_t)sent;
    }
    return 0;
}

ssize_t phototui_receive(int socket, void *bytes, size_t capacity, int *file) {
    *file = -1;
    for (;;) {
        struct iovec part = {bytes, capacity};
        union {
            struct cmsghdr header;
            char space[CMSG_SPACE(sizeof(int))];
        } control;
        struct msghdr message = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
        ssize_t received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
        if (received < 0) {
            if (errno == EINTR) continue;
            return -errno;
        }
        for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
            if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
                memcpy(file, CMSG_DATA(header), sizeof *file);
            }
        }
        return received;
    }
}
