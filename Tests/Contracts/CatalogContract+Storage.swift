import Core

extension CatalogSubject {
    /// Takes in an original under a key.
    fileprivate func stored(_ number: Int, at key: String) async throws -> PhotoID {
        let file = scanned(number)
        guard case .photo(let sha256, let mediaType, let time, _) = file.content else {
            throw ContractViolation("no photo")
        }
        return try await catalog.add(
            ScannedFile(
                path: file.path, fingerprint: file.fingerprint,
                content: .photo(
                    sha256: sha256, mediaType: mediaType, provisional: time, original: .object(ObjectKey(key)))))
    }
}

extension CatalogContract {
    static let storageCases: [ContractCase<CatalogSubject>] = [
        ContractCase("Stored originals come in the bytewise order of their keys, a page at a time") { subject in
            // Where a language's order differs from the bytes': case, and signs between letters.
            let keys = [
                "originals/a-b.jpg", "originals/B.jpg", "originals/a.jpg", "originals/Z_1.jpg", "originals/aa.jpg",
            ]
            var photos: [String: PhotoID] = [:]
            for (number, key) in keys.enumerated() { photos[key] = try await subject.stored(number + 1, at: key) }
            _ = try await subject.catalog.record([scanned(9)])
            let sorted = keys.map { ObjectKey($0) }.sorted()
            let all = try await subject.second.storedOriginals(after: nil, limit: 9)
            try requireEqual(all.map(\.key), sorted, "the keys")
            try requireEqual(all.map(\.photo), sorted.map { photos[$0.description] }, "the photos")
            try requireEqual(Set(all.map(\.byteCount.bytes)), [1001, 1002, 1003, 1004, 1005], "the sizes")
            var paged: [ObjectKey] = []
            while true {
                let page = try await subject.catalog.storedOriginals(after: paged.last, limit: 2)
                paged += page.map(\.key)
                if page.count < 2 { break }
            }
            try requireEqual(paged, sorted, "page by page")
            try requireEqual(try await subject.stranger.storedOriginals(after: nil, limit: 9), [], "another's")
            let digests = all.map(\.sha256)
            let recorded = try await subject.catalog.originals(of: digests + [digest(99)])
            try requireEqual(recorded, Dictionary(all.map { ($0.sha256, $0.key) }) { $1 }, "by their digests")
            try requireEqual(try await subject.stranger.originals(of: digests), [:], "another's by their digests")
            try requireEqual(try await subject.catalog.originals(of: []), [:], "of none")
        },
        ContractCase("Photos come in the order of their digests, with whether they were processed") { subject in
            let done = try await subject.catalog.addProcessed(1)
            for number in 2...4 { _ = try await subject.catalog.record([scanned(number)]) }
            let digests = (1...4).map { digest($0) }.sorted { $0.description < $1.description }
            let all = try await subject.second.picturedPhotos(after: nil, limit: 9)
            try requireEqual(all.map(\.sha256), digests, "the digests")
            try requireEqual(all.filter(\.isProcessed).map(\.photo), [done], "the processed")
            try requireEqual(
                try await subject.catalog.picturedPhotos(after: digests[1], limit: 1).map(\.sha256), [digests[2]],
                "a page")
            try requireEqual(try await subject.stranger.picturedPhotos(after: nil, limit: 9), [], "another's")
            let recorded = try await subject.catalog.originals(of: [digests[0]])
            try requireEqual(recorded, [digests[0]: nil], "whose original is in a file")
        },
    ]
}
