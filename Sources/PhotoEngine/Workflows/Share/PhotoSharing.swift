public import Core
internal import Digest

/// Shares photos by a link: copies of their renditions with a page of them, under keys of the share's own, which whoever has the
/// link may read until it ends. A link to the library's own objects could not be taken back.
public struct PhotoSharing: Sendable {
    public typealias Catalog = SharingCatalog & SearchCatalog

    public struct Request: Sendable {
        /// Untrusted, as the description.
        public var title: String
        public var description: String
        public var album: AlbumID?
        public var seconds: Int
        public var actor: String
        public var reason: String

        public init(
            title: String, description: String = "", album: AlbumID? = nil, seconds: Int, actor: String,
            reason: String = ""
        ) {
            (self.title, self.description, self.album) = (title, description, album)
            (self.seconds, self.actor, self.reason) = (seconds, actor, reason)
        }
    }

    private let catalog: any Catalog
    private let store: any RemoteObjectStore
    private let renditions: any RenditionFiles
    private let clock: any EngineClock
    /// A share that was begun so long ago was given up.
    private static let longestCopying: Int64 = 24 * 3600 * 1_000_000

    public init(
        catalog: any Catalog, uploader: Uploader, renditions: any RenditionFiles,
        clock: any EngineClock = SystemClock()
    ) {
        (self.catalog, store, self.renditions, self.clock) = (catalog, uploader.store, renditions, clock)
    }

    /// Shares these photos, and gives the link. Photos that have no picture are left out and told. Where it fails or is
    /// cancelled, nothing of it stays. Throws `.invalidInput` for a time that no provider takes.
    public func create(
        _ photos: [PhotoID], _ request: Request, progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void
    ) async throws -> (share: Share, url: String, withoutPicture: [PhotoID]) {
        guard 60...Share.longestSeconds ~= request.seconds else {
            throw EngineError(
                .invalidInput, "a link lasts from a minute to seven days: providers sign no longer ones",
                whatToDo: "share it again when it has ended")
        }
        let now = clock.microseconds
        let share = Share(
            id: ShareID(clock: clock, random: SystemRandom()), title: request.title, album: request.album,
            photoCount: photos.count, state: .begun, actor: request.actor, reason: request.reason, createdAt: now,
            expiresAt: now + Int64(request.seconds) * 1_000_000)
        try await catalog.beginShare(share, of: photos)
        do {
            let without = try await copy(photos, share, request, progress)
            guard try await catalog.finishShare(share.id) else {
                throw EngineError(.conflict, "the share was revoked meanwhile")
            }
            let shared = try await catalog.shares(idPrefix: share.id.description, isOpen: true, limit: 1).first
            return (shared ?? share, try url(of: share), without)
        } catch {
            // Also after Ctrl-C: what was copied is to go now, not when it has expired.
            let ending = Task { try await end(share, as: .revoked, actor: request.actor) }
            _ = try? await ending.value
            throw error
        }
    }

    private func copy(
        _ photos: [PhotoID], _ share: Share, _ request: Request,
        _ progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void
    ) async throws -> [PhotoID] {
        var shown: [GalleryPicture] = []
        var without: [PhotoID] = []
        let found = try await catalog.photos(photos)
        for (index, photo) in found.enumerated() {
            try Task.checkCancellation()
            progress(index, found.count)
            let keys = Self.pictures(of: photo.id, in: share)
            guard let files = try await renditions.renditions(of: photo.sha256) else {
                without.append(photo.id)
                continue
            }
            var urls: [String] = []
            for (key, data) in zip(keys, [files.small, files.large]) {
                try await store.put(data, at: key, sha256: SHA256Hasher.digest(data))
                urls.append(try presigned(key, of: share))
            }
            shown.append(GalleryPicture(photo, small: urls[0], large: urls[1]))
        }
        guard !shown.isEmpty else {
            throw EngineError(
                .notFound, "none of the photos has a picture",
                whatToDo: "let them be processed first: phototui jobs list")
        }
        let pages = try GalleryPages(request.title, request.description, shown) { index in
            try presigned(Self.page(index, of: share), of: share)
        }
        for page in pages.all.reversed() {
            let data = Array(page.html.utf8)
            try await store.put(data, at: Self.page(page.number, of: share), sha256: SHA256Hasher.digest(data))
        }
        return without
    }

    /// Where a share's small and large copies of a photo are: under names that tell nobody else of the photo.
    private static func pictures(of photo: PhotoID, in share: Share) -> [ObjectKey] {
        let name = name(of: photo, in: share)
        return ["small", "large"].map { ObjectKey("\(share.prefix)\(name)-\($0).webp") }
    }

    private static func name(of photo: PhotoID, in share: Share) -> String {
        String(SHA256Hasher.digest(share.id.bytes + photo.bytes).description.prefix(32))
    }

    /// The copies that open shares show, by the keys they are under.
    struct Copies: Sendable {
        let shares: [Share]
        let keys: Set<ObjectKey>
    }

    func copies() async throws -> Copies {
        let shares = try await catalog.shares(idPrefix: nil, isOpen: true, limit: .max)
        var keys: Set<ObjectKey> = []
        for share in shares {
            var after: ObjectKey?
            repeat {
                let page = try await store.list(prefix: share.prefix, after: after, limit: 1000)
                keys.formUnion(page.map(\.key))
                after = page.count == 1000 ? page.last?.key : nil
            } while after != nil
        }
        return Copies(shares: shares, keys: keys)
    }

    /// Deletes what shares show of a photo, and what their pages say of it.
    func takeOut(_ photo: PhotoID, of copies: Copies) async throws {
        for share in copies.shares {
            let pictures = Self.pictures(of: photo, in: share).filter(copies.keys.contains)
            if pictures.isEmpty { continue }
            try await rewritePages(of: share, without: photo, copies)
            for key in pictures { try await store.delete(key) }
        }
    }

    private func rewritePages(of share: Share, without photo: PhotoID, _ copies: Copies) async throws {
        let name = Self.name(of: photo, in: share)
        var index = 0
        while copies.keys.contains(Self.page(index, of: share)) {
            let key = Self.page(index, of: share)
            index += 1
            guard let found = try? await store.get(key) else { continue }
            let page = String(decoding: found, as: UTF8.self)
            let rest = GalleryPage.page(page, without: name)
            if rest == page { continue }
            let data = Array(rest.utf8)
            // A key is not written over; what tells of the photo goes first.
            try await store.delete(key)
            try await store.put(data, at: key, sha256: SHA256Hasher.digest(data))
        }
    }

    private static func page(_ index: Int, of share: Share) -> ObjectKey {
        ObjectKey("\(share.prefix)\(index == 0 ? "index" : "page-\(index + 1)").html")
    }

    private func presigned(_ key: ObjectKey, of share: Share) throws -> String {
        let left = (share.expiresAt - clock.microseconds) / 1_000_000
        guard left > 0 else {
            throw EngineError(.conflict, "the share has expired", whatToDo: "share the photos again")
        }
        return store.presignGet(key, seconds: Int(left)).url
    }

    /// The link, for as long as the share lasts. It is a secret. Throws `.conflict` for one that has ended.
    public func url(of share: Share) throws -> String { try presigned(Self.page(0, of: share), of: share) }

    /// Deletes the page and its pictures, and ends the share; false where it had ended. What was deleted by then stays deleted
    /// where it fails, and the share is open until it is revoked once more.
    public func end(
        _ share: Share, as state: Share.State, actor: String, reason: String = ""
    ) async throws -> Bool {
        // The page first: without it nobody finds the others.
        try await store.delete(Self.page(0, of: share))
        var after: ObjectKey?
        repeat {
            let page = try await store.list(prefix: share.prefix, after: after, limit: 200)
            for object in page { try await store.delete(object.key) }
            after = page.count == 200 ? page.last?.key : nil
        } while after != nil
        return try await catalog.endShare(share.id, as: state, actor: actor, reason: reason)
    }

    /// Ends what has expired, and what was given up while it was copied; returns how many.
    public func sweep(actor: String) async throws -> Int {
        var count = 0
        let now = clock.microseconds
        for share in try await catalog.shares(idPrefix: nil, isOpen: true, limit: .max) {
            let isForgotten = share.state == .begun && share.createdAt < now - Self.longestCopying
            guard share.expiresAt <= now || isForgotten else { continue }
            if try await end(share, as: .expired, actor: actor) { count += 1 }
        }
        return count
    }
}
