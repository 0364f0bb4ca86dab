import Core
import SystemPackage

private func key(_ number: Int) -> ObjectKey { ObjectKey("originals/owner/\(number).jpg") }

/// As `scanned`, with a copy under `key`.
private func stored(_ number: Int, _ key: ObjectKey) -> ScannedFile {
    let file = scanned(number)
    return ScannedFile(
        path: file.path, fingerprint: file.fingerprint,
        content: .photo(sha256: digest(number), mediaType: .jpeg, provisional: time(2024, 7), original: .object(key)))
}

private func content(_ number: Int) -> UploadContent {
    UploadContent(
        sha256: digest(number), byteCount: ByteCount(Int64(1000 + number)), mediaType: .jpeg,
        filename: "\(number).jpg", provisional: time(2024, 7))
}

extension Catalog {
    /// A copy of `other`, which is in the library already, goes through the trash for good.
    fileprivate func removeCopy(_ number: Int, of other: PhotoID) async throws -> RemovedOriginal {
        let copy = try await addCompared(number, UInt64(number), like: other)
        let resolution = try await resolve(
            ResolutionRequest(cluster: ClusterID(first: other), keeper: other, members: [other, copy], actor: "a"))
        let removed = try await remove(
            copy, trashedAt: resolution.resolvedAt, forgetting: [], actor: "a", reason: "")
        return try requirePresent(removed, "what was removed")
    }

    fileprivate func requireConflict(_ what: String, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as EngineError {
            return try requireEqual(error.code, .conflict, what)
        }
        throw ContractViolation("\(what): nothing was thrown")
    }
}

extension CatalogContract {
    static let removedCases: [ContractCase<CatalogSubject>] = [
        ContractCase("What was removed for good is told until it is said to be deleted") { subject in
            let catalog = subject.catalog
            let one = try await catalog.addCompared(1, 1)
            _ = try await catalog.record([stored(2, key(2))])
            let copy = try await catalog.removeCopy(2, of: one)
            let inPlace = try await catalog.removeCopy(3, of: one)
            try requireEqual([copy.key, inPlace.key], [key(2), nil], "their keys")
            try requireEqual([copy.sha256, inPlace.sha256], [digest(2), digest(3)], "their digests")
            try requireEqual(
                try await subject.second.removedOriginals(after: nil, limit: 9), [copy, inPlace], "what is told")
            try requireEqual(try await catalog.removedOriginals(after: nil, limit: 1), [copy], "a page")
            try requireEqual(try await catalog.removedOriginals(after: copy.id, limit: 9), [inPlace], "the next")
            try requireEqual(try await subject.stranger.removedOriginals(after: nil, limit: 9), [], "a stranger's")
            try await subject.stranger.markDeleted([copy.id, inPlace.id])
            try requireEqual(
                try await catalog.removedOriginals(after: nil, limit: 9), [copy, inPlace], "what a stranger said")
            try await subject.second.markDeleted([copy.id, inPlace.id])
            try requireEqual(try await catalog.removedOriginals(after: nil, limit: 9), [], "what is left")
            try await catalog.requireSound()
        },
        ContractCase("Nothing is stored again under the key of what was removed for good") { subject in
            let catalog = subject.catalog
            let one = try await catalog.addCompared(1, 1)
            _ = try await catalog.record([stored(2, key(2))])
            try requireEqual(try await catalog.unusedKey(like: key(2), of: digest(2)), key(2), "while it is there")
            let removed = try await catalog.removeCopy(2, of: one)
            let second = ObjectKey("originals/owner/2-2.jpg")
            for moment in ["before its deletion", "behind it"] {
                try requireEqual(try await catalog.unusedKey(like: key(2), of: digest(2)), second, moment)
                try requireEqual(try await catalog.unusedKey(like: key(2), of: digest(7)), key(2), "other bytes")
                try requireEqual(
                    try await subject.stranger.unusedKey(like: key(2), of: digest(2)), key(2), "a stranger's")
                // Whoever had seen the object before it was deleted: nothing of the batch is recorded.
                try await catalog.requireConflict("a copy seen \(moment)") {
                    _ = try await subject.second.record([scanned(5), stored(2, key(2))])
                }
                try requireEqual(try await catalog.photo(sha256: digest(5)), nil, "the other file")
                try requireEqual(
                    try await catalog.removedOriginals(after: nil, limit: 9), [removed],
                    "what is deleted once more, as it may have been put there again")
                try await catalog.markDeleted([removed.id])
            }
            _ = try await catalog.record([stored(2, second)])
            let again = try await catalog.removeCopy(2, of: one)
            try requireEqual(again.key, second, "the key of the second")
            try requireEqual(
                try await catalog.unusedKey(like: key(2), of: digest(2)), ObjectKey("originals/owner/2-3.jpg"),
                "the third")
            try await catalog.requireSound()
        },
        ContractCase("An upload whose bytes were removed for good meanwhile begins anew, under another key") {
            subject in
            let catalog = subject.catalog
            let one = try await catalog.addCompared(1, 1)
            func begin(_ catalog: any Catalog) async throws -> Upload {
                let id = UploadID(clock: subject.clock, random: SystemRandom())
                guard case .begun(let upload) = try await catalog.beginUpload(id, of: content(2), at: key(2)) else {
                    throw ContractViolation("the bytes are known already")
                }
                return upload
            }
            // Begun while its photo is in place and missing; then a copy is recorded beside it, and removed.
            _ = try await catalog.record([scanned(2)])
            try await catalog.markMissing(["/photos/2.jpg"])
            let upload = try await begin(catalog)
            try await catalog.setMultipart(MultipartUpload(token: "t", partByteCount: 5), of: upload.id)
            try await catalog.addPart(UploadPart(number: 1, byteCount: 5, entityTag: "e"), to: upload.id)
            _ = try await catalog.record([stored(2, key(2))])
            let removed = try await catalog.removeCopy(2, of: one)
            try requireEqual(removed.key, key(2), "what is removed")
            try await catalog.requireConflict("its confirmation") {
                _ = try await subject.second.confirmUpload(upload.id, file: nil)
            }
            try requireEqual(try await catalog.photo(sha256: digest(2)), nil, "the photo")
            let next = try await begin(subject.second)
            try requireEqual(next.id, upload.id, "the upload")
            try requireEqual(next.key, ObjectKey("originals/owner/2-2.jpg"), "its key")
            try requireEqual(next.multipart, nil, "its parts' upload")
            try requireEqual(try await catalog.parts(of: next.id), [], "its parts")
            guard case .imported(let photo) = try await catalog.confirmUpload(next.id, file: stored(2, next.key)) else {
                throw ContractViolation("the photo is not new")
            }
            try requireEqual(try await catalog.photo(photo)?.original, .object(next.key), "where it is")
            guard case .known(photo) = try await begunAgain(catalog, subject) else {
                throw ContractViolation("the bytes are not known")
            }
            try await catalog.requireSound()
        },
    ]
}

private func begunAgain(_ catalog: any Catalog, _ subject: CatalogSubject) async throws -> BegunUpload {
    try await catalog.beginUpload(
        UploadID(clock: subject.clock, random: SystemRandom()), of: content(2), at: key(2))
}
