import Glibc
import Grid

/// Asks a terminal what it is without taking it over, for `doctor`.
public enum TerminalProbe {
    /// Waits until it has answered all, or `patience` is over.
    /// - Returns: nothing of a terminal that had better not be asked; and how long its last answer took, nil where it
    ///   didn't come.
    public static func ask(
        _ profile: TerminalProfile, path: String = "/dev/tty", patience: Duration = .seconds(1)
    ) throws(TerminalError) -> (replies: TerminalReplies, roundTrip: Duration?) {
        var replies = TerminalReplies()
        guard profile.isAskable else { return (replies, nil) }
        let device = try TerminalDevice(path: path)
        device.setRaw()
        defer { device.setOriginal() }
        let start = ContinuousClock.now
        device.write(TerminalReplies.questions(asksKitty: profile.isAskableForKitty))
        var parser = InputParser()
        let end = start + patience
        while !replies.isComplete, !device.isGone {
            let left = ContinuousClock.now.duration(to: end).components
            let milliseconds = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000
            guard milliseconds > 0 else { break }
            var wait = pollfd(fd: device.descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&wait, 1, Int32(milliseconds)) > 0 else { continue }
            _ = parser.feed(device.read())
            for reply in parser.takeReplies() { replies.note(reply) }
        }
        let roundTrip = replies.isComplete ? start.duration(to: .now) : nil
        // Should it have printed a question.
        device.write("\r\u{1b}[K")
        return (replies, roundTrip)
    }
}
