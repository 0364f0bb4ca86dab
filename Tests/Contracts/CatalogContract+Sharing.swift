import Core
import SystemPackage

/// A share that lasts an hour.
private func share(_ title: String, _ count: Int) -> Share {
    Share(
        id: ShareID(clock: SystemClock(), random: SystemRandom()), title: title, album: nil, photoCount: count,
        state: .begun, actor: "a", reason: "why", createdAt: 1_000_000,
        expiresAt: 3_601_000_000)
}

private func export(_ photo: PhotoID, _ path: FilePath, _ number: Int, keepsPosition: Bool = false) -> ExportedPhoto {
    ExportedPhoto(
        photo: photo, path: path, sha256: digest(number), keepsPosition: keepsPosition, actor: "a",
        exportedAt: Int64(number))
}

extension CatalogContract {
    static let sharingCases: [ContractCase<CatalogSubject>] = [
        ContractCase("What was exported of a photo is remembered by path, the last of each") { subject in
            let catalog = subject.catalog
            let one = try await catalog.addProcessed(1)
            let two = try await catalog.addProcessed(2)
            let unknown = PhotoID(clock: SystemClock(), random: SystemRandom())
            let odd = FilePath("/out/\u{1B}[2J\u{202E}.jpg")
            try await catalog.noteExports([
                export(one, "/out/b.jpg", 11), export(one, odd, 12), export(unknown, "/out/c.jpg", 13),
            ])
            try await catalog.noteExports([export(one, "/out/b.jpg", 14, keepsPosition: true)])
            let found = try await subject.second.exports(of: [two, one, unknown])
            try requireEqual(
                found, [[], [export(one, odd, 12), export(one, "/out/b.jpg", 14, keepsPosition: true)], []],
                "what was exported")
            try requireEqual(
                try await catalog.traces(of: one).exports.map(\.exportedAt), [12, 14], "what the story tells, in order")
            try requireEqual(try await catalog.traces(of: two).exports, [], "another's")
            try requireEqual(try await subject.stranger.exports(of: [one]), [[]], "what a stranger is told")
        },
        ContractCase("A share begins, is shared and ends once, and the journal tells it") { subject in
            let catalog = subject.catalog
            let photos = [try await catalog.addProcessed(1), try await catalog.addProcessed(2)]
            let share = share("Trips\u{1B}[31m", 2)
            try await catalog.beginShare(share, of: photos + [photos[0]])
            try requireEqual(
                try await catalog.shares(idPrefix: nil, isOpen: true, limit: 9), [share], "the one that began")
            try requireEqual(try await catalog.journal(limit: 9), [], "the journal before anybody can see it")
            try require(try await catalog.finishShare(share.id), "it is shared")
            try require(try await !catalog.finishShare(share.id), "once")
            let shared = try await subject.second.shares(
                idPrefix: "\(share.id)".prefix(20).description, isOpen: true, limit: 9)
            try requireEqual(shared.map(\.state), [.shared], "its state")
            for photo in photos {
                try requireEqual(
                    try await catalog.traces(of: photo).shares.map(\.id), [share.id], "what the story tells")
            }
            try require(try await catalog.endShare(share.id, as: .revoked, actor: "b", reason: "r"), "it is revoked")
            try require(
                try await !catalog.endShare(share.id, as: .expired, actor: "c", reason: "r"), "and can't end again")
            try requireEqual(try await catalog.shares(idPrefix: nil, isOpen: true, limit: 9), [], "those that are open")
            let ended = try requirePresent(
                try await catalog.shares(idPrefix: nil, isOpen: false, limit: 9).first, "the one that ended")
            try requireEqual([ended.state.rawValue, ended.endedBy ?? "-"], ["revoked", "b"], "how it ended")
            try requireEqual(ended.endedAt, subject.clock.microseconds, "when it ended")
            let journal = try await catalog.journal(limit: 9)
            try requireEqual(Set(journal.map(\.action)), ["share", "revoke share"], "the journal")
            try requireEqual(Set(journal.map(\.subject)), ["\(share.id)"], "what it is about")
            try requireEqual(
                Set(journal.map { $0.outcome.split(separator: ": ").last }), ["why", "r"], "why, in their words")
        },
        ContractCase("A share of no photo, or of too many, is refused") { subject in
            let catalog = subject.catalog
            let one = try await catalog.addProcessed(1)
            for photos in [[], Array(repeating: one, count: Share.mostPhotos + 1)] {
                try await requireRefused(.invalidInput, "\(photos.count) photos") {
                    try await catalog.beginShare(share("a", photos.count), of: photos)
                }
            }
            try await requireRefused(.invalidInput, "an end that is none") {
                _ = try await catalog.endShare(share("a", 1).id, as: .shared, actor: "b", reason: "r")
            }
            try requireEqual(try await catalog.shares(idPrefix: nil, isOpen: false, limit: 9), [], "the shares")
        },
        ContractCase("A photo that is removed for good takes along that it was exported and shared") { subject in
            let catalog = subject.catalog
            let (photos, resolution) = try await catalog.addTrashed()
            let two = photos[1]
            let share = share("a", 1)
            try await catalog.noteExports([export(two, "/out/b.jpg", 11)])
            try await catalog.beginShare(share, of: [two])
            try require(try await catalog.remove(two, resolution.resolvedAt), "it was removed")
            try requireEqual(try await catalog.exports(of: [two]), [[]], "its exports")
            try requireEqual(
                try await catalog.shares(idPrefix: nil, isOpen: true, limit: 9).map(\.id), [share.id], "the share stays"
            )
            try await catalog.requireSound()
        },
    ]
}

extension OwnerTrial {
    static let sharing: [OwnerTrial] = [
        OwnerTrial("noteExports(_:)") { own, other in
            try await own.catalog.noteExports(other.photos.map { export($0, "/out/theirs.jpg", 5) })
            try requireEqual(
                try await other.catalog.exports(of: other.photos), other.photos.map { _ in [] }, "the other's exports")
        } use: { own in
            try await own.catalog.noteExports([export(own.photos[0], "/out/1.jpg", own.number)])
        },
        OwnerTrial("exports(of:)") { own, other in
            try requireEqual(
                try await own.catalog.exports(of: other.photos), other.photos.map { _ in [] }, "the other's exports")
        } use: { own in
            let found = try await own.catalog.exports(of: [own.photos[0]])
            try requireEqual(found, [[export(own.photos[0], "/out/1.jpg", own.number)]], "one's own")
        },
        OwnerTrial("beginShare(_:of:)") { own, other in
            let share = share("theirs", 1)
            try await own.catalog.beginShare(share, of: [other.photos[0]])
            try requireEqual(try await own.catalog.traces(of: other.photos[0]).shares, [], "a share of the other's")
            try requireEqual(try await other.catalog.traces(of: other.photos[0]).shares, [], "that the other sees")
        } use: { own in
            try await own.catalog.beginShare(share("own \(own.number)", 1), of: [own.photos[0]])
            try requireEqual(
                try await own.catalog.traces(of: own.photos[0]).shares.map(\.title), ["own \(own.number)"], "a share")
        },
        OwnerTrial("finishShare(_:)") { own, other in
            let theirs = share("theirs", 1)
            try await other.catalog.beginShare(theirs, of: [other.photos[1]])
            try require(try await !own.catalog.finishShare(theirs.id), "the other's can't be finished")
        } use: { own in
            let open = try await own.catalog.shares(idPrefix: nil, isOpen: true, limit: 9)
            try require(try await own.catalog.finishShare(open[0].id), "one's own")
        },
        OwnerTrial("endShare(_:as:actor:reason:)") { own, other in
            let theirs = share("theirs", 1)
            try await other.catalog.beginShare(theirs, of: [other.photos[1]])
            try require(
                try await !own.catalog.endShare(theirs.id, as: .revoked, actor: "x", reason: "r"),
                "the other's can't be ended")
        } use: { own in
            let open = try await own.catalog.shares(idPrefix: nil, isOpen: true, limit: 9)
            try require(try await own.catalog.endShare(open[0].id, as: .revoked, actor: "a", reason: "r"), "one's own")
        },
        OwnerTrial("shares(idPrefix:isOpen:limit:)") { own, other in
            let theirs = share("theirs \(other.number)", 1)
            try await other.catalog.beginShare(theirs, of: [other.photos[1]])
            for isOpen in [true, false] {
                let found = try await own.catalog.shares(idPrefix: nil, isOpen: isOpen, limit: 99)
                try require(!found.contains { $0.id == theirs.id }, "the other's share")
            }
            try requireEqual(
                try await own.catalog.shares(idPrefix: "\(theirs.id)", isOpen: false, limit: 9), [], "by its id")
        } use: { own in
            let titles = try await own.catalog.shares(idPrefix: nil, isOpen: false, limit: 99).map(\.title)
            try require(titles.contains("own \(own.number)"), "one's own")
        },
    ]
}
