import Core
import SystemPackage

extension CatalogSubject {
    fileprivate func limit(_ quota: Quota, reason: String = "") async throws -> OwnerUsage {
        try await owners.setQuota(quota, of: try await catalog.usage().owner, actor: "admin", reason: reason)
    }

    /// So many photos and bytes the owner has.
    fileprivate func taken() async throws -> [Int64] {
        let usage = try await catalog.usage()
        return [Int64(usage.photos), usage.bytes.bytes]
    }
}

extension RecordOutcome {
    fileprivate var word: String {
        switch self {
        case .imported: "imported"
        case .known: "known"
        case .moved: "moved"
        case .unsupported: "unsupported"
        case .rejected: "rejected"
        case .overQuota: "over quota"
        }
    }
}

private func content(_ number: Int) -> UploadContent {
    UploadContent(
        sha256: digest(number), byteCount: ByteCount(Int64(1000 + number)), mediaType: .jpeg,
        filename: "\(number).jpg", provisional: time(2024, 7))
}

private func key(_ number: Int) -> ObjectKey { ObjectKey("originals/owner/\(digest(number)).jpg") }

extension CatalogContract {
    static let quotaCases: [ContractCase<CatalogSubject>] = [
        ContractCase("A quota keeps new photos out that it has no room for, and nothing else") { subject in
            let catalog = subject.catalog
            try requireEqual(try await catalog.usage().quota, .none, "the quota that nobody set")
            try requireEqual(try await catalog.usage().state, .none, "its state")
            _ = try await catalog.record([scanned(1), scanned(2)])
            try await catalog.markMissing(["/photos/2.jpg"])
            _ = try await subject.limit(Quota(photos: 3))
            let outcomes = try await subject.second.record([
                scanned(1, path: "/more/1.jpg"), scanned(2, path: "/more/2.jpg"), scanned(3), scanned(4),
                scanned(3, path: "/more/3.jpg"), scanned(5),
            ])
            try requireEqual(
                outcomes.map(\.word), ["known", "moved", "imported", "over quota", "known", "over quota"],
                "what became of them")
            guard case .overQuota(let reason) = outcomes[3] else { throw ContractViolation("it has no reason") }
            try require(reason.contains("3 of 3 photos") && reason.contains("trash"), "the reason: \(reason)")
            try requireEqual(try await subject.taken(), [3, 3006], "what there is")
            try requireEqual(try await catalog.file(at: "/photos/4.jpg"), nil, "a file that was kept out")
            try requireEqual(try await catalog.usage().state, .full, "its state")
            // Another owner has their own.
            try requireEqual(try await subject.stranger.record([scanned(4)]).map(\.word), ["imported"], "a stranger's")
            _ = try await subject.limit(Quota(photos: 4))
            try requireEqual(try await catalog.record([scanned(4)]).map(\.word), ["imported"], "once there is room")
            try await catalog.requireSound()
        },
        ContractCase("A quota of bytes is kept to the byte, and less than is there only keeps out what is new") {
            subject in
            let catalog = subject.catalog
            _ = try await subject.limit(Quota(bytes: ByteCount(2003)))
            try requireEqual(
                try await catalog.record([scanned(1), scanned(2), scanned(3)]).map(\.word),
                ["imported", "imported", "over quota"], "to the byte")
            try requireEqual(try await catalog.usage().state, .full, "its state")
            _ = try await subject.limit(Quota(bytes: ByteCount(1)))
            try requireEqual(try await subject.taken(), [2, 2003], "what is there")
            try requireEqual(
                try await catalog.record([scanned(1, path: "/b.jpg"), scanned(9)]).map(\.word),
                ["known", "over quota"],
                "with less than is there")
            _ = try await subject.limit(.none)
            try requireEqual(try await catalog.record([scanned(9)]).map(\.word), ["imported"], "without one")
            for (taken, state) in [(2003, OwnerUsage.State.ok), (2004, .warning)] {
                let most = ByteCount(Int64((Double(taken) / 0.8).rounded(.down)) + (state == .ok ? 1 : 0))
                let usage = OwnerUsage(
                    owner: "a", photos: 0, bytes: ByteCount(Int64(taken)), quota: Quota(bytes: most))
                try requireEqual(usage.state, state, "\(taken) of \(most.bytes)")
            }
        },
        ContractCase("Two that record at once never get past a quota together") { subject in
            for round in 0..<4 {
                let first = round * 100
                let usage = try await subject.catalog.usage()
                let quota =
                    round.isMultiple(of: 2)
                    ? Quota(photos: usage.photos + 10)
                    : Quota(bytes: usage.bytes + ByteCount(Int64(10 * (1000 + first + 99))))
                _ = try await subject.limit(quota)
                let imported = try await withThrowingTaskGroup(of: Int.self) { group in
                    for part in 0..<4 {
                        let catalog = part.isMultiple(of: 2) ? subject.catalog : subject.second
                        group.addTask {
                            let files = (1...8).map { scanned(first + part * 8 + $0) }
                            var count = 0
                            for file in files {
                                for outcome in try await catalog.record([file]) {
                                    if case .imported = outcome { count += 1 }
                                }
                            }
                            return count
                        }
                    }
                    return try await group.reduce(0, +)
                }
                try requireEqual(imported, 10, "new photos of round \(round)")
                let now = try await subject.catalog.usage()
                try requireEqual(now.photos, usage.photos + 10, "photos after round \(round)")
                try require(quota.bytes.map { now.bytes <= $0 } ?? true, "more bytes than the quota")
            }
            try await subject.catalog.requireSound()
        },
        ContractCase("An upload is refused before it is sent, and one that came too late may be confirmed later") {
            subject in
            let catalog = subject.catalog
            let id = UploadID(clock: subject.clock, random: SystemRandom())
            guard case .begun = try await catalog.beginUpload(id, of: content(1), at: key(1)) else {
                throw ContractViolation("the bytes are known already")
            }
            _ = try await subject.limit(Quota(photos: 0))
            try await requireRefused(.limitExceeded, "one more") {
                _ = try await catalog.beginUpload(
                    UploadID(clock: subject.clock, random: SystemRandom()), of: content(2), at: key(2))
            }
            for file in [nil, scanned(1)] {
                try requireEqual(
                    try await subject.second.confirmUpload(id, file: file).word, "over quota", "the confirmation")
            }
            try requireEqual(try await catalog.upload(id)?.state, .begun, "the upload")
            try requireEqual(try await subject.taken(), [0, 0], "what there is")
            _ = try await subject.limit(Quota(photos: 1))
            try requireEqual(try await catalog.confirmUpload(id, file: nil).word, "imported", "once there is room")
            try requireEqual(try await catalog.confirmUpload(id, file: nil).word, "known", "again")
            try await catalog.requireSound()
        },
        ContractCase("What is in the trash counts until it is removed for good") { subject in
            let (photos, resolution) = try await subject.catalog.addTrashed()
            _ = try await subject.limit(Quota(photos: 3))
            let file = scanned(7)
            try requireEqual(try await subject.catalog.record([file]).map(\.word), ["over quota"], "with a full trash")
            try require(
                try await subject.catalog.remove(photos[2], resolution.resolvedAt, forgetting: ["/photos/3.jpg"]),
                "it is removed")
            try requireEqual(try await subject.catalog.record([file]).map(\.word), ["imported"], "with room in it")
        },
        ContractCase("Who administers owners sees all of them, sets quotas, and the journal says why") { subject in
            let (name, stranger) = (try await subject.catalog.usage().owner, try await subject.stranger.usage().owner)
            _ = try await subject.catalog.record([scanned(1)])
            let set = try await subject.limit(Quota(photos: 5, bytes: ByteCount(5000)), reason: "ticket \u{1B}[31m8")
            try requireEqual(set, try await subject.catalog.usage(), "what was set")
            try requireEqual(set.quota, Quota(photos: 5, bytes: ByteCount(5000)), "the quota")
            let found = try await subject.owners.owners().filter { [name, stranger].contains($0.owner) }
            try requireEqual(
                found.sorted { $0.owner < $1.owner },
                [set, try await subject.stranger.usage()].sorted { $0.owner < $1.owner }, "all owners")
            let entry = try requirePresent(try await subject.catalog.journal(limit: 1).first, "the journal")
            try requireEqual(
                [entry.actor, entry.action, entry.subject, entry.outcome],
                ["admin", "set quota", name, "5.0 kB, 5 photos: ticket \u{1B}[31m8"], "its entry")
            try requireEqual(try await subject.stranger.journal(limit: 9), [], "the stranger's")
            try await requireRefused(.notFound, "an unknown owner") {
                _ = try await subject.owners.setQuota(.none, of: "nobody'; --", actor: "a", reason: "")
            }
            for quota in [Quota(photos: -1), Quota(bytes: ByteCount(-1))] {
                try await requireRefused(.invalidInput, "a quota below zero") { _ = try await subject.limit(quota) }
            }
        },
    ]
}
