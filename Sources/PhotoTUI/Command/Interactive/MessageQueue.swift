import App
import Core
import Synchronization

/// What other threads tell the one that owns the terminal.
enum SessionEvent: Sendable {
    case message(Message)
    /// Paths for the terminal's clipboard.
    case clipboard(RequestID, [[UInt8]], wanted: Int)
    /// A share's link for it.
    case link(RequestID, Share, url: String)
    /// The settings or a theme are no longer what they were.
    case settingsChanged
}

/// Messages from any thread, taken by the terminal's in one go.
final class MessageQueue: Sendable {
    private let events = Mutex<[SessionEvent]>([])
    private let waker: @Sendable () -> Void

    init(waker: @escaping @Sendable () -> Void) {
        self.waker = waker
    }

    func post(_ event: SessionEvent) {
        let wasEmpty = events.withLock { events in
            defer { events.append(event) }
            return events.isEmpty
        }
        if wasEmpty { waker() }
    }

    func post(_ message: Message) { post(.message(message)) }

    func takeAll() -> [SessionEvent] {
        events.withLock { events in
            defer { events.removeAll(keepingCapacity: true) }
            return events
        }
    }
}
