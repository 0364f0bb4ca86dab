import Core
import Foundation
import Glibc

/// Standard output and error. Everything foreign must come displayEscaped or as JSON.
enum Console {
    /// Whether stdout is a terminal.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Writes all of `text` to stdout. A reader that went away (`| head`) ends the process quietly, by SIGPIPE, as it ends
    /// every other filter; a disk that is full is an error.
    static func write(_ text: String) throws {
        try write(text, to: STDOUT_FILENO)
    }

    static func line(_ text: String) throws {
        try write(text + "\n")
    }

    /// One line on stderr, of text that may hold raw paths; a closed stderr is nobody's business.
    static func complain(_ text: String) {
        try? write("phototui: \(AddressedHints.addressed(RawArguments.shown(text)))\n", to: STDERR_FILENO)
    }

    /// As it is, on stderr: only for our own text.
    static func note(_ text: String) {
        try? write(AddressedHints.addressed(text), to: STDERR_FILENO)
    }

    /// The columns of the terminal on stderr; 120 where it is none.
    static var errorColumns: Int {
        var size = winsize()
        return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 120
    }

    /// The rows of the terminal on stderr; 24 where it is none.
    static var errorRows: Int {
        var size = winsize()
        return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_row > 0 ? Int(size.ws_row) : 24
    }

    /// The columns of the terminal on stdout; 120 where it is none.
    static var columns: Int {
        var size = winsize()
        return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 120
    }

    private static func write(_ text: String, to descriptor: Int32) throws {
        var text = text
        try text.withUTF8 { bytes in
            var place = 0
            while place < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: place), bytes.count - place)
                if count >= 0 {
                    place += count
                } else if errno == EPIPE {
                    signal(SIGPIPE, SIG_DFL)
                    raise(SIGPIPE)
                } else if errno == EAGAIN {
                    var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&wait, 1, -1)
                } else if errno != EINTR {
                    let reason = String(cString: strerror(errno))
                    throw EngineError(.unavailable, "writing the output failed: \(reason)")
                }
            }
        }
    }
}

/// Colours for our own words on a terminal; none under NO_COLOR (no-color.org), TERM=dumb, or into a pipe.
enum Ink: String {
    case bold = "1"
    case dim = "2"
    case good = "32"
    case warning = "33"
    case bad = "31"

    static let isUsed: Bool = {
        let environment = ProcessInfo.processInfo.environment
        return Console.isTerminal && environment["NO_COLOR", default: ""].isEmpty
            && environment["TERM", default: "dumb"] != "dumb"
    }()

    func callAsFunction(_ text: String) -> String {
        Self.isUsed ? "\u{1b}[\(rawValue)m\(text)\u{1b}[0m" : text
    }
}
