public import Core
internal import Digest
internal import Foundation
internal import Glibc
public import SystemPackage

/// How far the films of a promotion are.
public struct FilmTally: Hashable, Sendable {
    /// Sent, or to be sent.
    public var sent = 0
    public var bytesSent: Int64 = 0
    /// There already, or still the files that they were.
    public var present = 0
    /// Films that can't be had, by their paths or keys, untrusted: their photos go over without them.
    public var lost: [String] = []

    public init() {}
}

/// Brings the films of live photos to where their library is promoted, each verified where it has come to. Into a bucket go all of
/// them, also those that lie beside their photos; on the way back those are read where they lie.
public struct FilmPromotion: Sendable {
    private let source: any PromotedFilms
    private let from: PromotionStorage
    private let to: PromotionStorage
    /// What the owner is called in a bucket's keys.
    private let owner: String
    /// Where a film lies for a moment on its way out of a bucket.
    private let scratch: FilePath

    public init(
        _ source: any PromotedFilms, from: PromotionStorage, to: PromotionStorage, owner: String, scratch: FilePath
    ) {
        (self.source, self.from, self.to, self.owner, self.scratch) = (source, from, to, owner, scratch)
    }

    /// Only counts what would be sent, by the files' sizes.
    public func plan() async throws -> FilmTally {
        try await run { film in
            try await liesThere(film) ? .present : .sent
        } digest: { _ in
            nil
        }
    }

    /// Each is in `target` before it is sent, for whoever gives the promotion up.
    public func bring(to target: any PromotedFilms) async throws -> FilmTally {
        try await run { film in
            guard let sha256 = film.sha256, try await !liesThere(film) else { return .present }
            let there = try await target.storedFilm(sha256)
            let key = if let there { there.key } else { try await key(of: film, sha256) }
            if there == nil {
                try await target.add(
                    StoredFilm(
                        identifier: film.identifier, sha256: sha256, fingerprint: film.fingerprint, key: key,
                        earlier: film.file))
            } else if try await to.verify(key, byteCount: film.byteCount, sha256: sha256) == true {
                return .present
            }
            try await send(film, sha256, to: key)
            guard try await to.verify(key, byteCount: film.byteCount, sha256: sha256) == true else {
                throw EngineError(.corrupt, "what arrived was not what was sent", whatToDo: "promote again")
            }
            return .sent
        } digest: {
            try await CandidateFile(path: $0).digest().sha256
        }
    }

    /// What isn't there as it was is lost.
    public func verify(in target: any PromotedFilms) async throws -> FilmTally {
        try await run { film in
            guard let sha256 = film.sha256, try await !liesThere(film) else { return .present }
            guard let there = try await target.storedFilm(sha256),
                try await to.verify(there.key, byteCount: film.byteCount, sha256: sha256) == true
            else { return .lost }
            return .present
        } digest: {
            try await CandidateFile(path: $0).digest().sha256
        }
    }

    /// Takes away what was brought, but what another library has by now; how many.
    public static func remove(
        from target: any PromotedFilms, in storage: PromotionStorage, keeping other: (any PromotedFilms)?
    ) async throws -> Int {
        var (count, last): (Int, SHA256Digest?) = (0, nil)
        while true {
            let page = try await target.storedFilms(behind: last)
            guard let end = page.last else { return count }
            last = end.sha256
            for film in page {
                try Task.checkCancellation()
                if let other, try await other.storedFilm(film.sha256)?.key == film.key { continue }
                try await storage.objects.delete(film.key)
                count += 1
            }
        }
    }

    // One film after the other

    private struct Film {
        let identifier: String
        let fingerprint: FileFingerprint
        let place: OriginalLocation
        /// nil where it isn't needed.
        let sha256: SHA256Digest?
        /// As `StoredFilm.earlier`.
        var earlier: FilePath?

        var byteCount: ByteCount { ByteCount(fingerprint.byteCount) }

        /// The file that it is.
        var file: FilePath? {
            if case .file(let path) = place { path } else { nil }
        }

        var name: String {
            switch place {
            case .file(let path): path.byteText
            case .object(let key): key.description
            }
        }
    }

    private enum Outcome {
        case sent, present, lost
    }

    private func run(
        _ each: (Film) async throws -> Outcome, digest: (FilePath) async throws -> SHA256Digest?
    ) async throws -> FilmTally {
        var tally = FilmTally()
        var met: Set<SHA256Digest> = []
        func take(_ film: Film) async throws {
            try Task.checkCancellation()
            if let sha256 = film.sha256, !met.insert(sha256).inserted { return }
            var outcome = Outcome.lost
            do {
                outcome = try await each(film)
            } catch let error as EngineError
                where [.notFound, .corrupt].contains(error.code) && !error.isRefusalOfUs
            {
                // Its photo goes over without it, and that is told.
            }
            switch outcome {
            case .sent:
                tally.sent += 1
                tally.bytesSent += film.fingerprint.byteCount
            case .present: tally.present += 1
            case .lost: tally.lost.append(film.name)
            }
        }
        var stored: SHA256Digest?
        while case let page = try await source.storedFilms(behind: stored), let last = page.last {
            stored = last.sha256
            for film in page {
                try await take(
                    Film(
                        identifier: film.identifier, fingerprint: film.fingerprint, place: .object(film.key),
                        sha256: film.sha256, earlier: film.earlier))
            }
        }
        // What a networked library has no copy of lies on any machine.
        guard case .folder = from else { return tally }
        var path: FilePath?
        while case let page = try await source.films(behind: path), let last = page.last {
            path = last.path
            for file in page {
                guard case .unsupported(let reason) = file.outcome,
                    let identifier = Core.Film.identifier(reason: reason)
                else { continue }
                if try await isAsRecorded(file), let sha256 = try? await digest(file.path) as SHA256Digest?? {
                    try await take(
                        Film(
                            identifier: identifier, fingerprint: file.fingerprint, place: .file(file.path),
                            sha256: sha256))
                } else if try await source.storedFilms(of: identifier).isEmpty {
                    tally.lost.append(file.path.byteText)
                }
            }
        }
        return tally
    }

    private static let looking = BlockingQueue(label: "phototui.promotion.film")

    private func isAsRecorded(_ file: LibraryFile) async throws -> Bool {
        try await Self.looking.run {
            var status = stat()
            return file.path.withPlatformString { lstat($0, &status) } == 0
                && FileFingerprint(status) == file.fingerprint
        }
    }

    /// Whether it is the file still that it was before an earlier promotion.
    private func liesThere(_ film: Film) async throws -> Bool {
        guard case .folder = to, let earlier = film.earlier else { return false }
        for file in try await source.films(of: film.identifier) where file.path == earlier {
            guard try await isAsRecorded(file) else { return false }
            return try await CandidateFile(path: earlier).digest().sha256 == film.sha256
        }
        return false
    }

    private func key(of film: Film, _ sha256: SHA256Digest) async throws -> ObjectKey {
        let ending: String =
            switch film.place {
            case .file(let path): Core.Film.fileExtension(of: path)
            case .object(let key): Core.Film.fileExtension(of: FilePath(key.description))
            }
        let digits = sha256.description
        let key: ObjectKey =
            switch to {
            case .bucket: ObjectKey("originals/\(owner)/\(digits.prefix(2))/\(digits).\(ending)")
            case .folder: Importer.filmKey(of: sha256, fileExtension: ending)
            }
        return try await source.unusedKey(like: key, of: sha256)
    }

    private func send(_ film: Film, _ sha256: SHA256Digest, to key: ObjectKey) async throws {
        switch (film.place, from) {
        case (.file(let path), _): try await put(path, at: key, sha256)
        case (.object(let stored), .folder(let store)): try await put(store.localPath(of: stored), at: key, sha256)
        case (.object(let stored), .bucket(let store)):
            let part = scratch.appending("\(UUID().uuidString).part")
            defer { try? FileManager.default.removeItem(atPath: part.string) }
            try await store.fetch(stored, to: part, sha256: sha256)
            try await put(part, at: key, sha256)
        }
    }

    private func put(_ file: FilePath, at key: ObjectKey, _ sha256: SHA256Digest) async throws {
        do {
            try await to.objects.putFile(file, at: key, sha256: sha256)
        } catch let error as EngineError where error.code == .conflict {
            // Nobody else's: no film of an owner that nobody finds yet is there.
            try await to.objects.delete(key)
            try await to.objects.putFile(file, at: key, sha256: sha256)
        }
    }
}
