import Core
import SystemPackage

private let day: Int64 = 86_400_000_000

extension CatalogSubject {
    /// Of now, with the usual days.
    fileprivate var limits: TierLimits { TierRules().limits(at: clock.microseconds) }

    /// Takes in an original under a key.
    fileprivate func stored(_ number: Int) async throws -> PhotoID {
        let key = ObjectKey("originals/\(digest(number)).jpg")
        let file = scanned(number)
        guard case .photo(let sha256, let mediaType, let time, _) = file.content else {
            throw ContractViolation("no photo")
        }
        return try await catalog.add(
            ScannedFile(
                path: file.path, fingerprint: file.fingerprint,
                content: .photo(sha256: sha256, mediaType: mediaType, provisional: time, original: .object(key))))
    }
}

extension CatalogContract {
    static let tierCases: [ContractCase<CatalogSubject>] = [
        ContractCase("What is old enough is to be moved to a colder tier, once") { subject in
            let catalog = subject.catalog
            let old = try await subject.stored(1)
            subject.clock.advance(seconds: 340 * 86_400)
            let middle = try await subject.stored(2)
            subject.clock.advance(seconds: 31 * 86_400)
            let new = try await subject.stored(3)
            // What lies in a file is moved nowhere.
            _ = try await catalog.record([scanned(4)])
            try requireEqual(
                Set(try await subject.second.tiers(subject.limits)),
                [
                    TierShare(now: .hot, due: .cold, photos: 1, bytes: ByteCount(1001)),
                    TierShare(now: .hot, due: .warm, photos: 1, bytes: ByteCount(1002)),
                    TierShare(now: .hot, due: .hot, photos: 1, bytes: ByteCount(1003)),
                ], "the tiers")
            let moves = try await catalog.tierMoves(subject.limits, after: nil, limit: 9)
            try requireEqual(moves.map(\.photo), [old, middle].sorted(), "what is to be moved")
            try requireEqual(moves.map(\.to), [.cold, .warm], "where to")
            try requireEqual(moves.map(\.sha256), [digest(1), digest(2)], "their digests")
            try requireEqual(
                try await catalog.tierMoves(subject.limits, after: moves[0].photo, limit: 9), [moves[1]],
                "the next page")
            try requireEqual(try await catalog.tierMoves(subject.limits, after: nil, limit: 1), [moves[0]], "one")
            try require(try await catalog.setTier(.cold, of: old, at: moves[0].key), "it is remembered")
            try require(
                try await !catalog.setTier(.cold, of: middle, at: ObjectKey("originals/other.jpg")),
                "not of another key")
            try requireEqual(
                try await catalog.tierMoves(subject.limits, after: nil, limit: 9).map(\.photo), [middle], "what is left"
            )
            // Nothing goes back, whatever the rules say.
            let lenient = TierRules(warmAfterDays: 9000, coldAfterDays: 9999).limits(at: subject.clock.microseconds)
            try requireEqual(try await catalog.tierMoves(lenient, after: nil, limit: 9), [], "with other rules")
            try require(
                try await catalog.tiers(lenient).contains(
                    TierShare(now: .cold, due: .cold, photos: 1, bytes: ByteCount(1001))), "what stays cold")
            try requireEqual(try await subject.stranger.tiers(subject.limits), [], "a stranger's")
            try require(
                try await !subject.stranger.setTier(.cold, of: new, at: moves[0].key), "a stranger moves nothing")
            try await catalog.requireSound()
        },
        ContractCase("What is in the trash is moved nowhere") { subject in
            let (photos, _) = try await subject.catalog.addTrashed()
            subject.clock.advance(seconds: 400 * 86_400)
            try requireEqual(try await subject.catalog.tierMoves(subject.limits, after: nil, limit: 9), [], "files")
            _ = photos
        },
    ]
}
