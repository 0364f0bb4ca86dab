import Glibc
import Testing

/// A pseudo-terminal: the test is the terminal emulator.
final class PseudoTerminal {
    let controller: Int32
    let path: String

    init(columns: UInt16, rows: UInt16) throws {
        // posix_openpt and its like aren't in Swift's Glibc; these are the requests they make (TIOCSPTLCK, TIOCGPTN).
        controller = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        var (lock, number): (Int32, Int32) = (0, 0)
        try #require(ioctl(controller, 0x4004_5431, &lock) == 0 && ioctl(controller, 0x8004_5430, &number) == 0)
        path = "/dev/pts/\(number)"
        try resize(columns: columns, rows: rows)
    }

    deinit { close(controller) }

    /// Gives it another size; its programs are told by SIGWINCH.
    func resize(columns: UInt16, rows: UInt16) throws {
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        try #require(ioctl(controller, UInt(TIOCSWINSZ), &size) == 0)
    }

    /// Everything the program has written since the last time.
    func bytes() -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(controller, &buffer, buffer.count)
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }

    func output() -> String { String(decoding: bytes(), as: UTF8.self) }

    func type(_ text: String) { _ = write(controller, text, text.utf8.count) }
}
