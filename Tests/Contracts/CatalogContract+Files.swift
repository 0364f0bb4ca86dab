import Core
import SystemPackage

extension CatalogContract {
    static let fileCases: [ContractCase<CatalogSubject>] = [
        ContractCase("A new photo comes with one job to process it, in the files' order") { subject in
            let outcomes = try await subject.catalog.record((0..<20).map { scanned($0) })
            let ids = outcomes.compactMap { outcome -> PhotoID? in
                if case .imported(let id) = outcome { id } else { nil }
            }
            try requireEqual(ids.count, 20, "the photos imported")
            let jobs = try await subject.catalog.claimAll()
            try requireEqual(jobs.map(\.photo), ids, "the jobs' photos")
            try requireEqual(try await subject.catalog.statistics().byteCount, ByteCount(20 * 1000 + 190), "the bytes")
        },
        ContractCase("Recording the same files again changes nothing") { subject in
            let files = (0..<5).map { scanned($0) }
            _ = try await subject.catalog.record(files)
            let before = try await subject.catalog.statistics()
            for outcome in try await subject.catalog.record(files) {
                guard case .known = outcome else { throw ContractViolation("\(outcome) for a file recorded before") }
            }
            try requireEqual(try await subject.catalog.statistics(), before, "the statistics")
            try requireEqual(try await subject.catalog.jobCounts(), [.queued: 5], "the jobs")
        },
        ContractCase("Known bytes at a second path are one photo with two files") { subject in
            let outcomes = try await subject.catalog.record([scanned(1), scanned(1, path: "/photos/copy.jpg")])
            guard case .imported(let id) = outcomes[0] else { throw ContractViolation("the first is new") }
            try requireEqual(outcomes[1], .known(id), "the second outcome")
            try requireEqual(
                try await subject.catalog.files(of: id).map(\.path), ["/photos/1.jpg", "/photos/copy.jpg"], "the files")
            try await subject.catalog.markMissing(["/photos/1.jpg"])
            let photo = try await subject.catalog.photo(id)
            try requireEqual(photo?.isMissing, false, "missing while a copy is there")
            try requireEqual(photo?.original, .file("/photos/copy.jpg"), "the original")
            try await subject.catalog.markMissing(["/photos/copy.jpg", "/photos/unknown.jpg"])
            try requireEqual(try await subject.catalog.photo(id)?.isMissing, true, "missing without a copy")
            try requireEqual(
                try await subject.catalog.timeline(TimelineQuery(limit: 9)).map(\.isMissing), [true],
                "the timeline's mark")
            try await subject.catalog.requireSound()
        },
        ContractCase("A moved file keeps its photo") { subject in
            let id = try await subject.catalog.addProcessed(1)
            _ = try await subject.catalog.setFavourite(true, photos: [id])
            try await subject.catalog.markMissing(["/photos/1.jpg"])
            try requireEqual(
                try await subject.catalog.record([scanned(1, path: "/elsewhere/1.jpg")]), [.moved(id)], "the outcome")
            let photo = try await subject.catalog.photo(id)
            try requireEqual(photo?.isMissing, false, "missing")
            try requireEqual(photo?.isFavourite, true, "the flag")
            try requireEqual(photo?.original, .file("/elsewhere/1.jpg"), "the original")
            try requireEqual(try await subject.catalog.statistics().missing, 0, "the missing photos")
            try requireEqual(try await subject.catalog.jobCounts(), [.succeeded: 1], "the jobs")
        },
        ContractCase("A path with new bytes leaves its old photo missing") { subject in
            let old = try await subject.catalog.add(scanned(1))
            guard case .imported(let new) = try await subject.catalog.record([scanned(2, path: "/photos/1.jpg")])[0]
            else {
                throw ContractViolation("the new bytes are a new photo")
            }
            try requireEqual(try await subject.catalog.photo(old)?.isMissing, true, "the old photo is missing")
            try requireEqual(try await subject.catalog.file(at: "/photos/1.jpg")?.photo, new, "the file's photo")
            try requireEqual(try await subject.catalog.statistics().files, 1, "the files")
            _ = try await subject.catalog.record([
                ScannedFile(
                    path: "/photos/1.jpg", fingerprint: FileFingerprint(byteCount: 3, modified: 9),
                    content: .unsupported(reason: "text"))
            ])
            try requireEqual(try await subject.catalog.photo(new)?.isMissing, true, "the second photo is missing")
            try await subject.catalog.requireSound()
        },
        ContractCase("Marking files missing and present again restores everything") { subject in
            let ids = [try await subject.catalog.add(scanned(1)), try await subject.catalog.add(scanned(2))]
            let before = try await subject.catalog.timeline(TimelineQuery(limit: 9))
            for _ in 0..<2 { try await subject.catalog.markMissing(["/photos/1.jpg", "/photos/2.jpg"]) }
            try requireEqual(try await subject.catalog.statistics().missing, 2, "the missing photos")
            try requireEqual(try await subject.catalog.file(at: "/photos/1.jpg")?.isMissing, true, "the file's mark")
            for _ in 0..<2 { try await subject.catalog.markPresent(["/photos/1.jpg", "/photos/2.jpg", "/no"]) }
            try requireEqual(try await subject.catalog.timeline(TimelineQuery(limit: 9)), before, "the timeline")
            try requireEqual(try await subject.catalog.photo(ids[0])?.original, .file("/photos/1.jpg"), "the original")
            try await subject.catalog.requireSound()
        },
        ContractCase("A copied original is not missing when its source is gone") { subject in
            let key = ObjectKey("originals/ab/cd.jpg")
            let file = ScannedFile(
                path: "/card/1.jpg", fingerprint: FileFingerprint(byteCount: 5, modified: 1),
                content: .photo(sha256: digest(1), mediaType: .jpeg, provisional: time(2024, 7), original: .object(key))
            )
            let id = try await subject.catalog.add(file)
            try await subject.catalog.markMissing(["/card/1.jpg"])
            let photo = try await subject.catalog.photo(id)
            try requireEqual(photo?.isMissing, false, "missing")
            try requireEqual(photo?.original, .object(key), "the original")
            try await subject.catalog.requireSound()
        },
        ContractCase("Unsupported and rejected files are remembered with their reasons") { subject in
            let print = FileFingerprint(byteCount: 7, modified: -5)
            let outcomes = try await subject.catalog.record([
                ScannedFile(path: "/a.txt", fingerprint: print, content: .unsupported(reason: "text")),
                ScannedFile(path: "/b.jpg", fingerprint: print, content: .rejected(reason: "\u{1B}[31m")),
            ])
            try requireEqual(outcomes, [.unsupported, .rejected], "the outcomes")
            try requireEqual(
                try await subject.catalog.files(under: "/", after: nil, limit: 9),
                [
                    LibraryFile(
                        path: "/a.txt", fingerprint: print, outcome: .unsupported(reason: "text"), photo: nil,
                        isMissing: false),
                    LibraryFile(
                        path: "/b.jpg", fingerprint: print, outcome: .rejected(reason: "\u{1B}[31m"), photo: nil,
                        isMissing: false),
                ], "the files")
            try requireEqual(try await subject.catalog.ids(TimelineQuery(limit: 9)), [], "the timeline")
        },
        ContractCase("Files below a folder come in bytewise order, and no others") { subject in
            let paths = [
                "/p/a/1", "/p/a/2", "/p/a", "/p/a-b", "/p/a0", "/p/A", "/p/a/z/9", "/p/ä", "/q", "/p/a/\u{10FFFF}",
            ]
            for (number, path) in paths.enumerated() {
                _ = try await subject.catalog.add(scanned(number, path: FilePath(path)))
            }
            let below = ["/p/a", "/p/a/1", "/p/a/2", "/p/a/z/9", "/p/a/\u{10FFFF}"].map { FilePath($0) }
            try requireEqual(
                try await subject.catalog.files(under: "/p/a", after: nil, limit: 99).map(\.path), below, "the files")
            var walked: [FilePath] = []
            while true {
                let page = try await subject.catalog.files(under: "/p/a", after: walked.last, limit: 2).map(\.path)
                if page.isEmpty { break }
                walked += page
            }
            try requireEqual(walked, below, "the files in pages")
            try requireEqual(
                try await subject.catalog.files(under: "/", after: nil, limit: 99).count, paths.count, "all files")
        },
        ContractCase("A path that is not UTF-8 survives") { subject in
            let bytes: [CChar] = [0x2F, -1, -2, 0x0A, 0x1B, 0x2E, 0x6A, 0]
            // SAFETY: the array ends with a NUL and outlives the call.
            let path = bytes.withUnsafeBufferPointer { FilePath(platformString: $0.baseAddress!) }
            let id = try await subject.catalog.add(scanned(1, path: path))
            try requireEqual(try await subject.catalog.file(at: path)?.photo, id, "the file's photo")
            try requireEqual(try await subject.catalog.files(of: id).map(\.path), [path], "the file's path")
            try requireEqual(try await subject.catalog.photo(id)?.original, .file(path), "the original")
            try await subject.catalog.markMissing([path])
            try requireEqual(try await subject.catalog.photo(id)?.isMissing, true, "missing")
        },
        ContractCase("Folders are added once and removed without their photos") { subject in
            let first = try await subject.catalog.addFolder("/photos")
            let again = try await subject.catalog.addFolder("/photos/")
            try requireEqual(again, first, "the folder added twice")
            _ = try await subject.catalog.addFolder("/archive")
            try requireEqual(try await subject.catalog.folders().map(\.path), ["/archive", "/photos"], "the folders")
            try requireEqual(try await subject.stranger.folders(), [], "another owner's folders")
            _ = try await subject.catalog.add(scanned(1))
            try await subject.stranger.removeFolder(first.id)
            try await subject.catalog.removeFolder(first.id)
            try await subject.catalog.removeFolder(first.id)
            try requireEqual(try await subject.catalog.folders().map(\.path), ["/archive"], "the folders left")
            try requireEqual(try await subject.catalog.ids(TimelineQuery(limit: 9)).count, 1, "the photos left")
        },
    ]
}
