internal import Glibc

/// Seconds of a clock that nobody sets, for deadlines.
public func monotonicSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// What `errno` says now, in words.
public func errorText() -> String { String(cString: strerror(errno)) }
