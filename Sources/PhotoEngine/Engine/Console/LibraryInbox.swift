public import Core
internal import Foundation
internal import Workflows

/// What of a library waits for a person.
public struct LibraryInbox: Sendable {
    private let library: Library
    /// What the commands name the library by: `--profile NAME` or `--library DIR`.
    private let words: [String]
    /// Photos and objects are gone through one by one only then.
    private let isThorough: Bool
    private let now: Int64

    /// What was added so lately is under way.
    private static let patience = Int64(120) * 1_000_000
    private static let uploadPatience = Int64(3600) * 1_000_000
    private static let page = 1000
    /// Counted up to here, and then "at least".
    private static let most = 10_000

    /// `now` is in Unix microseconds.
    public init(
        _ library: Library, words: [String], isThorough: Bool, now: Int64 = SystemClock().microseconds
    ) {
        self.library = library
        self.now = now
        self.words = words
        self.isThorough = isThorough
    }

    /// `messages` is how many of the library's messages its broker holds; nil without a broker.
    public func items(messages: Int?) async throws -> [InboxItem] {
        var items: [InboxItem] = []
        let counts = try await library.catalog.jobCounts()
        if let dead = counts[.dead], dead > 0 {
            let kinds = try await library.catalog.jobs(state: .dead, after: nil, limit: 1)
            let latest = kinds.first?.error.map { " The latest: \($0)" } ?? ""
            let price = library.provider == nil ? nil : try await library.costs().quote(processing: dead)
            let cost = price.map { " To retry them costs about \(Money.text($0))." } ?? ""
            items.append(
                InboxItem(
                    .deadJobs, "jobs", count: dead,
                    "\(counted(dead, "job")) failed for good, and nothing tries \(dead == 1 ? "it" : "them") again by itself.\(cost)\(latest)",
                    remedy: .retryDeadJobs, place: words))
        }
        if let messages { items += try await forgotten(counts, messages) }
        items += try await uploads()
        if isThorough {
            items += try await unprocessed()
            items += try await storage()
        }
        return items
    }

    /// Jobs that wait, and of which nobody was told.
    private func forgotten(_ counts: [JobState: Int], _ messages: Int) async throws -> [InboxItem] {
        var waiting = 0
        for state in [JobState.queued, .retrying] where counts[state, default: 0] > 0 {
            var after: JobID?
            while waiting < Self.most {
                let page = try await library.catalog.jobs(state: state, after: after, limit: Self.page)
                waiting += page.count { $0.runAt < now - Self.patience }
                after = page.last?.id
                if page.count < Self.page { break }
            }
        }
        let missing = waiting - messages
        guard missing > 0 else { return [] }
        return [
            InboxItem(
                .forgottenJobs, "jobs", count: missing,
                "\(counted(missing, "job")) \(missing == 1 ? "waits" : "wait") for over two minutes, and the broker holds no message for "
                    + "\(missing == 1 ? "it: it was lost" : "them: they were lost"), or no "
                    + "worker and no import has announced \(missing == 1 ? "it" : "them") since.",
                remedy: .announceJobs, place: words)
        ]
    }

    private func uploads() async throws -> [InboxItem] {
        var count = 0
        var oldest: Upload?
        var after: UploadID?
        while count < Self.most {
            let page = try await library.catalog.uploads(state: .begun, after: after, limit: Self.page)
            let old = page.filter { $0.createdAt < now - Self.uploadPatience }
            oldest = oldest ?? old.first
            count += old.count
            after = page.last?.id
            if page.count < Self.page { break }
        }
        guard let oldest else { return [] }
        return [
            InboxItem(
                .unconfirmedUploads, "uploads", count: count,
                "\(counted(count, "upload")) \(count == 1 ? "was" : "were") begun over an hour ago and never confirmed: what was sent is "
                    + "stored, and shows nowhere. The oldest is of \(oldest.content.filename).",
                remedy: .confirmUpload(oldest.id), place: words,
                advice: "phototui upload resume sends what this machine has of them")
        ]
    }

    /// Photos that were never processed and have no job that would do it.
    private func unprocessed() async throws -> [InboxItem] {
        let found = try await UnprocessedPhotos.find(in: library.catalog, limit: Self.most)
        guard !found.isEmpty else { return [] }
        return [
            InboxItem(
                .unprocessedPhotos, "photos", count: found.count,
                "\(counted(found.count, "photo")) \(found.count == 1 ? "was" : "were") never processed, and no job waits that would do it: "
                    + "there are no pictures to show, and nothing to compare.",
                remedy: .retryUnprocessed, place: words)
        ]
    }

    private struct Tally {
        var count = 0
        var bytes = ByteCount(0)
        var first: String?

        mutating func add(_ key: ObjectKey, _ bytes: ByteCount = ByteCount(0)) { add(key.description, bytes) }

        mutating func add(_ key: String, _ bytes: ByteCount) {
            count += 1
            self.bytes = self.bytes + bytes
            first = first ?? key
        }
    }

    /// What catalogue and storage don't both have.
    private func storage() async throws -> [InboxItem] {
        let storage = LibraryStorage(library)
        var (lostOriginals, lostRenditions) = (Tally(), Tally())
        var (originals, renditions, others) = (Tally(), Tally(), Tally())
        try await storage.compare { fault in
            switch fault {
            case .lostOriginal(let original): lostOriginals.add(original.key, original.byteCount)
            case .lostRenditions(_, let keys): lostRenditions.add(keys[0])
            case .strayOriginal(let object): originals.add(object.key, object.byteCount)
            case .strayRendition(let object, _): renditions.add(object.key, object.byteCount)
            case .unknownKey(let object): others.add(object.name, object.byteCount)
            }
        }
        let list = (["phototui", "storage", "check"] + words).map { shellQuoted($0) }.joined(separator: " ")
        var items: [InboxItem] = []
        func add(
            _ kind: InboxItem.Kind, _ tally: Tally, _ explanation: String, remedy: InboxRemedy? = nil,
            advice: String? = nil
        ) {
            guard tally.count > 0 else { return }
            items.append(
                InboxItem(
                    kind, tally.count == 1 ? tally.first ?? "" : "objects", count: tally.count,
                    explanation,
                    remedy: remedy, place: words, advice: advice))
        }
        let isOne = lostOriginals.count == 1
        add(
            .lostOriginals, lostOriginals,
            "\(counted(lostOriginals.count, "original")) (\(lostOriginals.bytes)) that the catalogue has \(isOne ? "is" : "are") not in the storage: "
                + "\(lostOriginals.first ?? "")\(isOne ? "" : " and others"). What was made of \(isOne ? "it" : "them"), if anything, are renditions.",
            advice:
                "bring the bytes back under the same \(isOne ? "key" : "keys"), from a backup or, where the bucket keeps versions, from "
                + "the one before; \(list) lists them. Importing the file again does not: the photo is known")
        add(
            .lostRenditions, lostRenditions,
            "\(counted(lostRenditions.count, "photo")) \(lostRenditions.count == 1 ? "lacks" : "lack") renditions that this library makes: they were lost, or it makes "
                + "other sizes now.",
            remedy: .remakeRenditions, advice: "it makes them anew from the originals; \(list) lists them")
        add(
            .strayOriginals, originals,
            "\(counted(originals.count, "original")) (\(originals.bytes)) in the storage \(originals.count == 1 ? "belongs" : "belong") to no photo of this catalogue: "
                + "\(originals.first ?? "")\(originals.count == 1 ? "" : " and others").",
            advice:
                "no command deletes them: each may be the only copy of a picture, as where an older catalogue was restored. Copy "
                + "them out of the storage and import them, and then delete them there; \(list) lists them")
        add(
            .strayObjects, renditions,
            "\(counted(renditions.count, "rendition")) (\(renditions.bytes)) \(renditions.count == 1 ? "belongs" : "belong") to no photo of this catalogue"
                + (storage.isShared
                    ? ". Where owners share the storage they may be another's." : ", and cost their space."),
            remedy: storage.isShared ? nil : .deleteStrays,
            advice: storage.isShared
                ? "no command deletes them: nobody sees the photos of all owners of a storage. Nothing needs them here; they are "
                    + "harmless, and cost their space"
                : "it deletes those that are older than a day; \(list) lists them")
        add(
            .unknownObjects, others,
            "\(counted(others.count, "object")) (\(others.bytes)) among originals and renditions \(others.count == 1 ? "has a key" : "have keys") that phototui does not "
                + "make: \(others.first ?? "")\(others.count == 1 ? "" : " and others").",
            advice: "no command deletes what others have put there; \(list) lists them")
        return items
    }
}

/// Photos that lack renditions.
public enum UnpicturedPhotos {
    public static func find(in library: Library) async throws -> [PhotoID] {
        var found: [PhotoID] = []
        try await LibraryStorage(library).compare { fault in
            if case .lostRenditions(let photo, _) = fault { found.append(photo) }
        }
        return found
    }
}

/// Photos that were never processed and have no job that would do it.
public enum UnprocessedPhotos {
    private static let page = 1000

    public static func find(in catalog: any PhotoCatalog & JobCatalog, limit: Int) async throws -> [PhotoID] {
        var found: [PhotoID] = []
        var after: PhotoID?
        while found.count < limit {
            let photos = try await catalog.photos(after: after, limit: page)
            for photo in photos
            where photo.status == .queued && !photo.isMissing && photo.trashedAt == nil {
                let jobs = try await catalog.jobs(of: photo.id, limit: 1)
                // One that is dead or was cancelled is told as such.
                guard jobs.first.map({ $0.state == .succeeded }) ?? true else { continue }
                found.append(photo.id)
            }
            after = photos.last?.id
            if photos.count < page { break }
        }
        return found
    }
}
