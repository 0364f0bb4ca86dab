#pragma once
#include <stdint.h>
#include <sys/types.h>

/// Starts `path` with its socket at descriptor 3, its standard error on a pipe, no other descriptor of ours, no
/// terminal (a session of its own, so that Ctrl-C reaches the parent alone) and default signal handling.
/// Returns 0, or an errno. CMSG_* and the posix_spawn attribute calls are here as Swift cannot import the macros.
int phototui_spawn_decoder(const char *path, pid_t *pid, int *socket, int *standard_error);

/// Sends all of `bytes`, the descriptor `file` (if not negative) with the first of them. Returns 0 or an errno;
/// EPIPE when the peer is gone, never a signal.
int phototui_send(int socket, const void *bytes, size_t count, int file);

/// Receives up to `capacity` bytes and, if one came, a descriptor (else -1). Returns the count, 0 at the end, or
/// minus an errno.
ssize_t phototui_receive(int socket, void *bytes, size_t capacity, int *file);
