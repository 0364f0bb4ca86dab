import CNcurses
import Glibc
import Grid

/// The tty itself: its modes, its size, and bytes in and out.
///
/// It has a descriptor of its own, so that making it non-blocking doesn't change the shell's.
final class TerminalDevice {
    let descriptor: Int32
    let originalModes: termios
    private(set) var bytesWritten = 0
    /// Whether the terminal went away.
    private(set) var isGone = false

    init(path: String) throws(TerminalError) {
        descriptor = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            throw TerminalError(description: "There is no terminal to open (\(String(cString: strerror(errno)))).")
        }
        var modes = termios()
        guard tcgetattr(descriptor, &modes) == 0 else {
            Glibc.close(descriptor)
            throw TerminalError(description: "\(path) isn't a terminal.")
        }
        originalModes = modes
    }

    deinit { Glibc.close(descriptor) }

    /// Every key arrives as its byte, ctrl-c and ctrl-z too, and output is left as it is.
    func setRaw() {
        var modes = originalModes
        cfmakeraw(&modes)
        tcsetattr(descriptor, TCSADRAIN, &modes)
    }

    func setOriginal() {
        var modes = originalModes
        tcsetattr(descriptor, TCSADRAIN, &modes)
    }

    /// The size in cells, with a cell's width by its height where the terminal tells its pixels. 80x24 when it tells
    /// nothing.
    var size: (grid: GridSize, cellAspectRatio: Double) {
        var size = winsize()
        guard nc_window_size(descriptor, &size), size.ws_row > 0, size.ws_col > 0 else {
            return (GridSize(columns: 80, rows: 24), 0.5)
        }
        let grid = GridSize(columns: min(2000, Int(size.ws_col)), rows: min(1000, Int(size.ws_row)))
        guard size.ws_xpixel > 0, size.ws_ypixel > 0 else { return (grid, 0.5) }
        let width = Double(size.ws_xpixel) / Double(size.ws_col)
        let height = Double(size.ws_ypixel) / Double(size.ws_row)
        return (grid, min(1, max(0.25, width / height)))
    }

    /// A cell in pixels; nil where the terminal doesn't tell the system its own size in pixels.
    var cellPixels: TerminalReplies.CellPixels? {
        var size = winsize()
        guard nc_window_size(descriptor, &size), size.ws_row > 0, size.ws_col > 0, size.ws_xpixel > 0,
            size.ws_ypixel > 0
        else { return nil }
        let (width, height) = (Int(size.ws_xpixel / size.ws_col), Int(size.ws_ypixel / size.ws_row))
        return width > 0 && height > 0 ? TerminalReplies.CellPixels(width: width, height: height) : nil
    }

    /// Writes all of it, waiting while the terminal is busy.
    func write(_ bytes: UnsafeRawBufferPointer) {
        var done = 0
        while done < bytes.count, !isGone {
            // SAFETY: within the buffer, as done < count.
            let count = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
            if count > 0 {
                done += count
                bytesWritten += count
            } else if errno == EAGAIN {
                waitUntilWritable()
            } else if errno != EINTR {
                isGone = true
            }
        }
    }

    private func waitUntilWritable() {
        var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        // A stopped terminal (ctrl-s) is waited for; one that is asked to end isn't.
        if poll(&wait, 1, 200) > 0, wait.revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 { isGone = true }
        if TerminalGuard.isEnding { isGone = true }
    }

    /// What a wait ended for.
    struct Readiness: OptionSet {
        let rawValue: Int
        static let input = Readiness(rawValue: 1)
        static let wake = Readiness(rawValue: 2)
    }

    /// Sleeps until something was typed, another descriptor can be read, or the time is over; a signal ends it too, as input that
    /// is none.
    func wait(or wake: Int32, within timeout: Duration?) -> Readiness {
        var waits = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
        ]
        var milliseconds: Int32 = -1
        if let timeout {
            let parts = timeout.components
            milliseconds = Int32(min(max(0, parts.seconds), 3600)) * 1000
            milliseconds += Int32(parts.attoseconds / 1_000_000_000_000_000) + 1
        }
        guard poll(&waits, 2, milliseconds) >= 0 else { return .wake }
        if waits[0].revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 { markGone() }
        var ready: Readiness = []
        if waits[0].revents != 0 { ready.insert(.input) }
        if waits[1].revents != 0 { ready.insert(.wake) }
        return ready
    }

    func write(_ text: String) {
        var text = text
        text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
    }

    /// What has been typed; empty when nothing has.
    func read() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
        if count > 0 { return Array(buffer[..<count]) }
        if count == 0 || (errno != EAGAIN && errno != EINTR) { isGone = true }
        return []
    }

    func markGone() { isGone = true }
}
