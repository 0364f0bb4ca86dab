/// What happened to photos.
public protocol StoryCatalog: Sendable {
    /// All that is remembered of a photo; nothing of an unknown one. Goes through every edit and decision of the owner's: for a
    /// person who asks, not for every second.
    func traces(of photo: PhotoID) async throws -> PhotoTraces
}
