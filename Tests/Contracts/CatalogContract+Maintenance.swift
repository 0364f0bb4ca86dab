import Core
import SystemPackage

extension CatalogContract {
    static let maintenanceCases: [ContractCase<CatalogSubject>] = [
        ContractCase("The journal is newest first and belongs to its owner") { subject in
            let ids = (0..<5).map { _ in JournalEntryID(clock: SystemClock(), random: SystemRandom()) }.sorted()
            let entries = ids.enumerated().map { index, id in
                JournalEntry(
                    id: id, at: Int64(index / 2), actor: "me", action: "import", subject: "s\(index)",
                    outcome: "\u{1B}[2J")
            }
            for entry in entries { try await subject.catalog.append(entry) }
            try requireEqual(
                try await subject.catalog.journal(limit: 3), Array(entries.reversed().prefix(3)), "the journal")
            try requireEqual(try await subject.stranger.journal(limit: 3), [], "another's journal")
        },
        ContractCase("A journal entry that is appended again is there once, as it was at first") { subject in
            let entry = journalEntry(at: 1, subject: "first")
            for again in [entry, journalEntry(id: entry.id, at: 1, subject: "second")] {
                try await subject.catalog.append(entry)
                try await subject.second.append(again)
            }
            try requireEqual(try await subject.catalog.journal(limit: 9), [entry], "the journal")
        },
        ContractCase("The change mark moves with every change of anybody, and not without") { subject in
            let start = try await subject.catalog.changeMark()
            _ = try await subject.catalog.timeline(TimelineQuery(limit: 1))
            try requireEqual(try await subject.catalog.changeMark(), start, "the mark after a read")
            _ = try await subject.catalog.claim(queue: .high, worker: "w", leaseSeconds: 9, limit: 9)
            try requireEqual(try await subject.catalog.changeMark(), start, "the mark after a claim of nothing")
            let id = try await subject.catalog.add(scanned(1))
            let own = try await subject.catalog.changeMark()
            try require(own != start, "an own commit moves the mark")
            _ = try await subject.second.add(scanned(2))
            let theirs = try await subject.catalog.changeMark()
            try require(theirs != own, "another's commit moves the mark")
            _ = try await subject.second.setFavourite(true, photos: [id])
            let favourite = try await subject.catalog.changeMark()
            try require(favourite != theirs, "another's favourite moves the mark")
            _ = try await subject.catalog.setFavourite(false, photos: [id])
            try require(try await subject.catalog.changeMark() != favourite, "what was as before moves the mark")
        },
        ContractCase("The figures count the owner's jobs and uploads by their sorts") { subject in
            try requireEqual(try await subject.catalog.figures(), CatalogFigures(), "the figures of nothing")
            for number in 1...3 { _ = try await subject.catalog.add(scanned(number)) }
            _ = try await subject.stranger.add(scanned(4))
            _ = try await subject.catalog.claim(queue: .high, worker: "w", leaseSeconds: 60, limit: 1)
            let figures = try await subject.catalog.figures()
            func sort(_ state: JobState) -> CatalogFigures.JobSort {
                CatalogFigures.JobSort(kind: .processPhoto, queue: .high, state: state)
            }
            try requireEqual(figures.jobs, [sort(.queued): 2, sort(.running): 1], "the jobs")
            try requireEqual(figures.uploads, [:], "the uploads")
        },
        ContractCase("Another process sees a commit at once") { subject in
            let id = try await subject.catalog.add(scanned(1))
            try requireEqual(try await subject.second.ids(TimelineQuery(limit: 9)), [id], "the timeline")
        },
        ContractCase("A transaction that fails leaves nothing behind") { subject in
            _ = try await subject.catalog.add(scanned(1))
            let before = try await subject.catalog.statistics()
            let broken = ScannedFile(
                path: "/photos/9.jpg", fingerprint: FileFingerprint(byteCount: .max, modified: 0),
                content: .photo(
                    sha256: digest(9), mediaType: .jpeg, provisional: time(2024, 7), original: .file("/photos/9.jpg")))
            let alsoBroken = ScannedFile(
                path: "/photos/10.jpg", fingerprint: FileFingerprint(byteCount: 1, modified: 0),
                content: .photo(
                    sha256: digest(10), mediaType: .jpeg, provisional: time(2024, 7), original: .file("/photos/10.jpg"))
            )
            do {
                _ = try await subject.catalog.record([scanned(8), broken, alsoBroken])
                throw ContractViolation("a sum of bytes beyond 64 bits was accepted")
            } catch let error as EngineError {
                try requireEqual(error.code, .invalidInput, "the error")
            }
            try requireEqual(try await subject.catalog.statistics(), before, "the statistics")
            try requireEqual(try await subject.catalog.photo(sha256: digest(8)), nil, "the first photo of the batch")
            try await subject.catalog.requireSound()
        },
    ]
}
