import Foundation
import SystemPackage

/// The terminal's clipboard, by OSC 52; works over SSH where the terminal allows it.
enum Clipboard {
    /// Terminals drop longer sequences: xterm and tmux take about 75,000 bytes of Base64.
    static let limit = 74_994

    /// Puts as many paths on it as fit whole, a line each, and tells how many.
    static func copy(_ paths: [[UInt8]]) -> Int {
        var (text, count) = ([UInt8](), 0)
        for path in paths {
            let longer = count == 0 ? path : text + [UInt8(ascii: "\n")] + path
            guard (longer.count + 2) / 3 * 4 <= limit else { break }
            (text, count) = (longer, count + 1)
        }
        guard count > 0, let terminal = try? FileDescriptor.open("/dev/tty", .writeOnly) else { return 0 }
        // Base64 alone comes between the escape and its end, so no path can end the sequence early.
        let sequence = "\u{1b}]52;c;\(Data(text).base64EncodedString())\u{7}"
        let isWritten = (try? terminal.closeAfter { try terminal.writeAll(sequence.utf8) }) != nil
        return isWritten ? count : 0
    }
}
