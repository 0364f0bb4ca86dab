internal import Core
internal import Glibc

extension CaptureTime {
    /// When a file without metadata was probably taken: what its name says, else its modification time in this machine's
    /// time zone.
    init(filename: String, modified: Int64) {
        if let named = CaptureTime(filename: filename) {
            self = named
            return
        }
        let nanosecondsPerSecond: Int64 = 1_000_000_000
        let fraction = ((modified % nanosecondsPerSecond) + nanosecondsPerSecond) % nanosecondsPerSecond
        var seconds = time_t((modified - fraction) / nanosecondsPerSecond)
        var local = tm()
        let offset = localtime_r(&seconds, &local) == nil ? 0 : local.tm_gmtoff
        self.init(
            wallMicroseconds: (Int64(seconds) + Int64(offset)) * 1_000_000 + fraction / 1000,
            offsetMinutes: offset / 60, source: .modified)
    }
}
