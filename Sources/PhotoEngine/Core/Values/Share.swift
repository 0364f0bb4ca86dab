public import SystemPackage

/// A page of photos that whoever has its link may look at until it ends: renditions, copied for it, without where they were taken.
public struct Share: Hashable, Sendable {
    public enum State: String, Sendable, CaseIterable {
        /// Its pictures are being copied.
        case begun
        case shared
        /// Its page and its pictures are gone.
        case revoked, expired
    }

    public let id: ShareID
    /// Untrusted.
    public let title: String
    /// The album it was made of; what comes into that later is not shared.
    public let album: AlbumID?
    public let photoCount: Int
    public let state: State
    public let actor: String
    /// In the actor's words; untrusted.
    public let reason: String
    /// Unix microseconds.
    public let createdAt: Int64
    public let expiresAt: Int64
    public let endedAt: Int64?
    public let endedBy: String?

    public init(
        id: ShareID, title: String, album: AlbumID?, photoCount: Int, state: State, actor: String,
        reason: String = "", createdAt: Int64, expiresAt: Int64, endedAt: Int64? = nil, endedBy: String? = nil
    ) {
        (self.id, self.title, self.album, self.photoCount) = (id, title, album, photoCount)
        (self.state, self.actor, self.reason) = (state, actor, reason)
        (self.createdAt, self.expiresAt) = (createdAt, expiresAt)
        (self.endedAt, self.endedBy) = (endedAt, endedBy)
    }

    /// What the keys of its objects begin with.
    public var prefix: String { "shares/\(id)/" }

    /// Whether its objects may be there.
    public var isOpen: Bool { state == .begun || state == .shared }

    /// More photos make no page that anybody looks at.
    public static let mostPhotos = 1000
    /// As long as a presigned request may last.
    public static let longestSeconds = 7 * 24 * 3600

    /// Of a time as people write it: `90m`, `12h`, `7d`. Throws `.invalidInput`, also for one that is too long.
    public static func seconds(_ text: String) throws -> Int {
        let units: [Character: Int] = ["m": 60, "h": 3600, "d": 86400]
        if let unit = text.last.flatMap({ units[$0] }), let count = Int(text.dropLast()) {
            let (seconds, isOver) = count.multipliedReportingOverflow(by: unit)
            if !isOver, 60...longestSeconds ~= seconds { return seconds }
        }
        throw EngineError(
            .invalidInput,
            "a link lasts for a time such as 90m, 12h or 7d, and 7d at most: storages sign no longer ones")
    }
}

public typealias ShareID = Identifier<Share>

/// A photo's file that was written out of the library.
public struct ExportedPhoto: Hashable, Sendable {
    public let photo: PhotoID
    public let path: FilePath
    /// Of what was written: the original's, unless something was taken out.
    public let sha256: SHA256Digest
    /// Whether it was asked for with its position.
    public let keepsPosition: Bool
    public let actor: String
    /// Unix microseconds.
    public let exportedAt: Int64

    public init(
        photo: PhotoID, path: FilePath, sha256: SHA256Digest, keepsPosition: Bool, actor: String, exportedAt: Int64
    ) {
        (self.photo, self.path, self.sha256, self.keepsPosition) = (photo, path, sha256, keepsPosition)
        (self.actor, self.exportedAt) = (actor, exportedAt)
    }
}
