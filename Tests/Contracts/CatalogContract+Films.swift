import Core
import SystemPackage

private func key(_ number: Int) -> ObjectKey { ObjectKey("originals/owner/\(number).mov") }

private func film(_ number: Int, of identifier: String = "LIVE-1", at key: ObjectKey? = nil) -> ScannedFile {
    let fingerprint = FileFingerprint(byteCount: Int64(1000 + number), modified: 1)
    return ScannedFile(
        path: FilePath("/films/\(number).mov"), fingerprint: fingerprint,
        content: .film(
            identifier: identifier,
            copy: key.map {
                StoredFilm(identifier: identifier, sha256: digest(number), fingerprint: fingerprint, key: $0)
            }))
}

extension Catalog {
    fileprivate func addLive(_ number: Int, _ identifier: String = "LIVE-1") async throws -> PhotoID {
        try await addProcessed(number) { $0.tags[Film.identifierTag] = identifier }
    }

    /// Puts it into the trash, and removes it for good.
    fileprivate func removeForGood(_ photo: PhotoID) async throws -> RemovedOriginal {
        _ = try await edit(EditRequest(.trash, photos: [photo], actor: "a", reason: ""))
        let trashed = try requirePresent(try await self.photo(photo)?.trashedAt, "when it was put there")
        let removed = try await remove(
            photo, trashedAt: trashed, keeping: nil, forgetting: [], actor: "a", reason: "")
        return try requirePresent(removed, "what was removed")
    }
}

extension CatalogContract {
    static let filmCases: [ContractCase<CatalogSubject>] = [
        ContractCase("A film is found by what it shares with its photo, with the library's copy of it") { subject in
            let catalog = subject.catalog
            let photo = try await catalog.addLive(1)
            try requireEqual(try await catalog.livePhotos(of: "LIVE-1"), [photo], "the live photo")
            try requireEqual(
                try await catalog.record([film(2), film(3, at: key(3))]), [.unsupported, .unsupported], "the outcomes")
            let files = try await subject.second.films(of: "LIVE-1")
            try requireEqual(files.map(\.path), ["/films/2.mov", "/films/3.mov"], "the files")
            let copies = try await subject.second.storedFilms(of: "LIVE-1")
            try requireEqual(copies.map(\.key), [key(3)], "the copies")
            try requireEqual(
                copies.first?.fingerprint, FileFingerprint(byteCount: 1003, modified: 1), "its size and date")
            try requireEqual(try await catalog.storedFilm(digest(3)), copies.first, "by its digest")
            try requireEqual(try await catalog.storedFilm(digest(2)), nil, "of one without a copy")
            try requireEqual(try await catalog.storedFilms(of: "LIVE-2"), [], "of another photo")
            // A second time it stays as it is.
            _ = try await catalog.record([film(3, at: key(4))])
            try requireEqual(try await catalog.storedFilm(digest(3))?.key, key(3), "the key")
            try requireEqual(try await subject.stranger.storedFilms(of: "LIVE-1"), [], "a stranger's")
            try requireEqual(try await subject.stranger.storedFilm(digest(3)), nil, "a stranger's by its digest")
            try requireEqual(try await subject.stranger.livePhotos(of: "LIVE-1"), [], "a stranger's photos")
        },
        ContractCase("Copies of films are among what the storage is to have") { subject in
            _ = try await subject.catalog.record([film(3, at: key(3)), film(2, at: key(2))])
            let all = try await subject.catalog.storedOriginals(after: nil, limit: 9)
            try requireEqual(all.map(\.key), [key(2), key(3)], "the keys")
            try requireEqual(all.map(\.photo), [nil, nil], "of no photo")
            try requireEqual(
                try await subject.catalog.storedOriginals(after: key(2), limit: 9).map(\.key), [key(3)], "a page")
            try requireEqual(
                try await subject.catalog.originals(of: [digest(2), digest(9)]), [digest(2): key(2)], "by its digest")
        },
        ContractCase("A film goes for good with the last of its photos, and its key is not used again") { subject in
            let catalog = subject.catalog
            let (first, second) = (try await catalog.addLive(1), try await catalog.addLive(2))
            let other = try await catalog.addLive(5, "LIVE-2")
            _ = try await catalog.record([film(3, at: key(3)), film(4, of: "LIVE-2", at: key(4))])
            try requireEqual(try await catalog.removeForGood(first).films, [], "the films of the first")
            try requireEqual(try await catalog.storedFilm(digest(3))?.key, key(3), "the film, of the second")
            let removed = try await catalog.removeForGood(second)
            try requireEqual(removed.films.map(\.key), [key(3)], "the films of the second")
            try requireEqual(removed.films.map(\.sha256), [digest(3)], "their digests")
            try requireEqual(try await catalog.storedFilm(digest(3)), nil, "the film")
            try requireEqual(try await catalog.livePhotos(of: "LIVE-1"), [], "its photos")
            try requireEqual(try await catalog.storedFilm(digest(4))?.key, key(4), "the film of another photo")
            let left = try await catalog.removedOriginals(after: nil, limit: 9).compactMap(\.key)
            try require(left.contains(key(3)), "it is not told as what is to be deleted: \(left)")
            let next = ObjectKey("originals/owner/3-2.mov")
            try requireEqual(try await catalog.unusedKey(like: key(3), of: digest(3)), next, "another key")
            do {
                _ = try await subject.second.record([film(3, at: key(3))])
                throw ContractViolation("a film is stored under a key that was removed for good")
            } catch let error as EngineError {
                try requireEqual(error.code, .conflict, "the old key")
            }
            _ = try await catalog.record([film(3, at: next)])
            try requireEqual(try await catalog.storedFilm(digest(3))?.key, next, "stored anew")
            try requireEqual(try await catalog.livePhotos(of: "LIVE-2"), [other], "the other")
            try await catalog.requireSound()
        },
        ContractCase("A photo that tells of no film any more, or of another, is none of the first one's") { subject in
            let catalog = subject.catalog
            let photo = try await catalog.addLive(1)
            let expected: [(identifier: String, second: [PhotoID])] = [("LIVE-2", [photo]), ("no identifier", [])]
            for (identifier, second) in expected {
                _ = try await catalog.enqueueProcessing([photo])
                for job in try await catalog.claimAll() {
                    let processed = processed(1) { $0.tags[Film.identifierTag] = identifier }
                    try require(try await catalog.finish(job.id, worker: "w", processed: processed), "not finished")
                }
                try requireEqual(try await catalog.livePhotos(of: "LIVE-1"), [], "of the first")
                try requireEqual(try await catalog.livePhotos(of: "LIVE-2"), second, "of the second")
            }
        },
    ]
}
