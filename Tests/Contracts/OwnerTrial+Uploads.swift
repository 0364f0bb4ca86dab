import Core

extension OwnerTrial {
    static let uploads: [OwnerTrial] = [
        OwnerTrial("beginUpload(_:of:at:)") { own, other in
            let begun = try await own.catalog.beginUpload(other.upload, of: Holding.content(9), at: Holding.key(9))
            guard case .begun(let upload) = begun else { throw ContractViolation("the bytes are known") }
            try requireEqual(upload.id, own.upload, "the upload that is to be continued")
        } use: { own in
            let id = UploadID(clock: SystemClock(), random: SystemRandom())
            guard
                case .begun(let upload) = try await own.catalog.beginUpload(
                    id, of: Holding.content(8), at: Holding.key(8))
            else { throw ContractViolation("the bytes are known") }
            try requireEqual(upload.id, id, "the upload")
            try requireEqual(try await own.catalog.abandonUpload(id), true, "given up")
        },
        OwnerTrial("upload(_:)") { own, other in
            try requireEqual(try await own.catalog.upload(other.upload), nil, "the other's upload")
        } use: { own in
            try requireEqual(try await own.catalog.upload(own.upload)?.multipart?.token, "t", "the upload")
        },
        OwnerTrial("uploads(state:after:limit:)") { own, other in
            let page = try await own.catalog.uploads(state: .begun, after: other.upload, limit: 9)
            try requireOwn(page.map(\.id), of: [own.upload], "a page behind the other's upload")
        } use: { own in
            try requireEqual(
                try await own.catalog.uploads(state: .begun, after: nil, limit: 9).map(\.id), [own.upload],
                "the uploads")
        },
        OwnerTrial("setMultipart(_:of:)") { own, other in
            try await requireUnknown("the other's upload") {
                try await own.catalog.setMultipart(MultipartUpload(token: "x", partByteCount: 1), of: other.upload)
            }
        } use: { own in
            let multipart = MultipartUpload(token: "t\(own.number)", partByteCount: 6)
            try await own.catalog.setMultipart(multipart, of: own.upload)
            try requireEqual(try await own.catalog.upload(own.upload)?.multipart, multipart, "the multipart upload")
        },
        OwnerTrial("addPart(_:to:)") { own, other in
            try await requireUnknown("the other's upload") {
                try await own.catalog.addPart(UploadPart(number: 1, byteCount: 1, entityTag: "x"), to: other.upload)
            }
        } use: { own in
            let part = UploadPart(number: 1, byteCount: 6, entityTag: "e\(own.number)")
            try await own.catalog.addPart(part, to: own.upload)
            try requireEqual(try await own.catalog.parts(of: own.upload), [part], "the parts")
        },
        OwnerTrial("parts(of:)") { own, other in
            try requireEqual(try await own.catalog.parts(of: other.upload), [], "the other's parts")
        } use: { own in
            try requireEqual(
                try await own.catalog.parts(of: own.upload).map(\.entityTag), ["e\(own.number)"], "the parts")
        },
        OwnerTrial("confirmUpload(_:file:)") { own, other in
            try await requireUnknown("the other's upload") {
                _ = try await own.catalog.confirmUpload(other.upload, file: nil)
            }
        } use: { own in
            guard case .imported(let id) = try await own.catalog.confirmUpload(own.upload, file: nil) else {
                throw ContractViolation("the photo is not new")
            }
            try requireEqual(try await own.catalog.photo(sha256: digest(9))?.id, id, "the photo of both")
        },
        OwnerTrial("abandonUpload(_:)") { own, other in
            try requireEqual(try await own.catalog.abandonUpload(other.upload), false, "the other's upload")
        } use: { own in
            try requireEqual(try await own.catalog.abandonUpload(own.upload), false, "one that is confirmed")
        },
    ]

    static let journal: [OwnerTrial] = [
        OwnerTrial("append(_:)") { own, other in
            try await own.catalog.append(journalEntry(id: other.entry, at: 1, subject: "stolen"))
        } use: { own in
            try await own.catalog.append(journalEntry(at: 1, subject: "own \(own.number)"))
        },
        OwnerTrial("journal(limit:)") { own in
            try requireEqual(
                try await own.catalog.journal(limit: 9).map(\.subject), ["c", "own \(own.number)"], "the entries")
        },
    ]

    static let maintenance: [OwnerTrial] = [
        OwnerTrial("check()") { own in
            try requireEqual(try await own.catalog.check(), [], "the faults")
        },
        OwnerTrial("statistics()") { own in
            let statistics = try await own.catalog.statistics()
            try requireEqual([statistics.photos, statistics.timeline, statistics.files], [5, 5, 5], "the statistics")
            try requireEqual(statistics.byteCount.bytes, 4010 + 1000 + Int64(own.number), "the bytes")
        },
        OwnerTrial("figures()") { own in
            let figures = try await own.catalog.figures()
            try requireEqual(figures.jobs.values.sorted(), [1, 1, 1, 1, 1], "the jobs")
            try requireEqual(figures.uploads, [.begun: 1], "the uploads")
        },
        OwnerTrial("changeMark()") { own in
            let before = try await own.catalog.changeMark()
            _ = try await own.catalog.setFavourite(true, photos: [own.photos[0]])
            try require(try await own.catalog.changeMark() != before, "an own change does not show")
        },
    ]

    static let tiers: [OwnerTrial] = [
        OwnerTrial("tiers(_:)") { own in
            try requireEqual(try await own.catalog.tiers(TierRules().limits(at: .max / 2)), [], "originals in a store")
        },
        OwnerTrial("tierMoves(_:after:limit:)") { own in
            let moves = try await own.catalog.tierMoves(TierRules().limits(at: .max / 2), after: nil, limit: 9)
            try requireEqual(moves, [], "what is to be moved")
        },
        OwnerTrial("setTier(_:of:at:)") { own, other in
            try require(
                try await !own.catalog.setTier(.cold, of: other.photos[0], at: Holding.key(1)), "the other's original")
        } use: { own in
            try require(try await !own.catalog.setTier(.cold, of: own.photos[0], at: Holding.key(1)), "one in a file")
        },
    ]

    static let storage: [OwnerTrial] = [
        OwnerTrial("storedOriginals(after:limit:)") { own in
            try requireEqual(try await own.catalog.storedOriginals(after: nil, limit: 9), [], "originals in a store")
        },
        OwnerTrial("picturedPhotos(after:limit:)") { own in
            let found = try await own.catalog.picturedPhotos(after: nil, limit: 99)
            try requireEqual(Set(found.map(\.photo)), Set(own.photos), "the photos")
            try requireEqual(found.filter(\.isProcessed).map(\.photo), [own.photos[0]], "the processed")
        },
        OwnerTrial("originals(of:)") { own, other in
            let shared = Set(try await own.catalog.picturedPhotos(after: nil, limit: 99).map(\.sha256))
            let others = try await other.catalog.picturedPhotos(after: nil, limit: 99).map(\.sha256)
            try requireEqual(
                Set(try await own.catalog.originals(of: others).keys), shared.intersection(others), "the other's photos"
            )
        } use: { own in
            let digests = try await own.catalog.picturedPhotos(after: nil, limit: 99).map(\.sha256)
            try requireEqual(Set(try await own.catalog.originals(of: digests).keys), Set(digests), "its own photos")
        },
    ]

    static let quotas: [OwnerTrial] = [
        OwnerTrial("usage()") { own in
            let usage = try await own.catalog.usage()
            try requireEqual(usage.photos, 5, "the photos")
            try requireEqual(usage.bytes.bytes, 4010 + 1000 + Int64(own.number), "the bytes")
        }
    ]

    private static func requireUnknown(_ what: String, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as EngineError {
            return try requireEqual(error.code, .notFound, what)
        }
        throw ContractViolation("\(what): it was taken")
    }
}
