public import Core
internal import Foundation
internal import Glibc
internal import SystemPackage
public import Workflows

/// A library's catalogue and storage held against each other.
public struct LibraryStorage: Sendable {
    private let library: Library
    private let now: Double

    /// What is younger may be under way, or of a clock that is off.
    public static let patience = 86_400.0

    /// `now` is in Unix microseconds.
    public init(_ library: Library, now: Int64 = SystemClock().microseconds) {
        (self.library, self.now) = (library, Double(now) / 1e6)
    }

    /// Whether others' renditions may be in it.
    public var isShared: Bool { library.uploader != nil }

    /// Tells what one of both lacks. What was stored in a folder lately and has no photo is none: its photo is recorded behind it.
    public func compare(_ tell: (StorageComparison.Fault) async throws -> Void) async throws {
        try await StorageComparison(
            catalog: library.catalog, objects: library.objects, originals: library.uploader?.originals ?? "originals/",
            options: library.configuration.processingOptions
        ).run { fault in
            if case .strayOriginal(let object) = fault, !isShared, try await !isOld(object.key) { return }
            try await tell(fault)
        }
    }

    /// A rendition of no photo, older than a day.
    public struct StrayRendition: Hashable, Sendable {
        public let object: ObjectSummary
        let sha256: SHA256Digest
    }

    /// What `delete` takes, at most so many. Throws `.unsupported` where others' may be among them.
    public func strayRenditions(limit: Int) async throws -> [StrayRendition] {
        guard !isShared else {
            throw EngineError(
                .unsupported, "renditions of no photo can't be told from those of other owners of this storage",
                whatToDo: "leave them: they are harmless, and cost their space")
        }
        var found: [StrayRendition] = []
        try await compare { fault in
            guard case .strayRendition(let object, let sha256) = fault, found.count < limit else { return }
            if try await isOld(object.key) { found.append(StrayRendition(object: object, sha256: sha256)) }
        }
        return found
    }

    /// Looks once more whether it is one, and deletes it; false where it is none any more.
    public func delete(_ stray: StrayRendition) async throws -> Bool {
        guard !isShared, try await isOld(stray.object.key),
            try await library.catalog.photo(sha256: stray.sha256) == nil
        else { return false }
        try await library.objects.delete(stray.object.key)
        return true
    }

    private static let blocking = BlockingQueue(label: "phototui.storage")

    private func isOld(_ key: ObjectKey) async throws -> Bool {
        let path = library.objects.localPath(of: key)
        return try await Self.blocking.run { [now] in
            var status = stat()
            guard path.withPlatformString({ stat($0, &status) }) == 0 else { return false }
            return Double(status.st_mtim.tv_sec) < now - Self.patience
        }
    }
}
