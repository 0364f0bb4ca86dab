/// What keeps copies of objects near those who look at them, such as a CDN before the object store.
public protocol EdgeCache: Sendable {
    /// Has the copies of these objects dropped; one that is not kept is a success. Throws `EngineError`.
    func purge(_ keys: [ObjectKey]) async throws
}
