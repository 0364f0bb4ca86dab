/// Why photos that look alike belong together without being duplicates.
public enum StackReason: String, Codable, Sendable, CaseIterable {
    case livePhoto, rawAndJPEG, editedVersion, exposureBracket, burst
    /// A person put them together.
    case chosen

    /// For a person.
    public var words: String {
        switch self {
        case .livePhoto: "parts of one live photo"
        case .rawAndJPEG: "RAW and JPEG of one shot"
        case .editedVersion: "a photo and its edited version"
        case .exposureBracket: "an exposure bracket"
        case .burst: "a burst"
        case .chosen: "put together by a person"
        }
    }
}

/// Photos that stay together without being duplicates: none of them is offered in place of another.
public struct PhotoStack: Hashable, Sendable {
    /// That of the resolution which made it, and which takes it apart when it is undone.
    public let id: ResolutionID
    /// In the order they were put together, two or more.
    public let photos: [PhotoID]
    public let reason: StackReason
    /// Unix microseconds.
    public let madeAt: Int64

    public init(id: ResolutionID, photos: [PhotoID], reason: StackReason, madeAt: Int64) {
        self.id = id
        self.photos = photos
        self.reason = reason
        self.madeAt = madeAt
    }
}

/// Which photos a person wants to stay together.
public struct StackRequest: Hashable, Sendable {
    /// In the order they are to have.
    public var photos: [PhotoID]
    public var kind: StackReason
    /// Of other photos in its clusters, as far as their pictures were looked at: which of `photos` each is a copy of.
    public var copies: [PhotoID: PhotoID] = [:]
    public var actor: String
    /// Why, in the person's words; empty where nothing was given.
    public var reason: String

    public init(photos: [PhotoID], kind: StackReason, actor: String, reason: String = "") {
        self.photos = photos
        self.kind = kind
        self.actor = actor
        self.reason = reason
    }
}
