import Core
import SystemPackage

extension CatalogContract {
    static let storyCases: [ContractCase<CatalogSubject>] = [
        ContractCase("What was done with a photo is remembered of it, and of no other") { subject in
            let catalog = subject.catalog
            let one = try await catalog.addCompared(1, 1)
            let two = try await catalog.addCompared(2, 1, like: one)
            // So that each stands at another place among the others' bytes.
            var others: [PhotoID] = []
            for number in 10..<16 { others.append(try await catalog.addProcessed(number)) }
            try requireEqual(try await catalog.traces(of: one), PhotoTraces(), "nothing, to begin with")
            for count in 0..<4 {
                let photos = Array(others.prefix(count)) + [two] + others.suffix(6 - count)
                try await catalog.edit(.rating(count), photos)
                let kinds = try await catalog.traces(of: two).edits.map(\.subject)
                try requireEqual(kinds, (0...count).map { "\($0)" }, "the edits, among \(count) others")
            }
            try requireEqual(try await catalog.traces(of: one).edits, [], "the edits of another")
            try await catalog.edit(.caption("\u{1B}[31m"), [one])
            let album = try await catalog.addAlbum("Trips", [one, others[0]])
            try await catalog.edit(.setCover(album, one))
            _ = try await catalog.undo(try await catalog.lastEdit())
            let edits = try await catalog.traces(of: one).edits
            try requireEqual(edits.map(\.kind), [.caption, .addToAlbum, .setCover], "the edits of the first")
            try requireEqual(edits.map { $0.undone != nil }, [false, false, true], "those taken back")
            try await catalog.keep([CalibrationAnswer(one, two, distance: 3, isSame: true)])
            let resolution = try await catalog.resolve(
                ResolutionRequest(
                    cluster: ClusterID(first: one), keeper: one, members: [one, two], actor: "b", reason: "larger"))
            _ = try await catalog.undo(resolution.id, actor: "c")
            for (photo, other) in [(one, two), (two, one)] {
                let traces = try await subject.second.traces(of: photo)
                try requireEqual(traces.resolutions.map(\.id), [resolution.id], "the decisions")
                try requireEqual(traces.resolutions.map(\.undone?.actor), ["c"], "who took them back")
                try requireEqual(traces.answers.map(\.other), [other], "the answers")
            }
            try requireEqual(try await catalog.traces(of: others[5]).resolutions, [], "another's decisions")
            _ = try await catalog.recordSidecars([Sidecar(path: "/photos/1.xmp", marks: WrittenMarks())])
            try requireEqual(try await catalog.traces(of: one).sidecars.map(\.path), ["/photos/1.xmp"], "the sidecars")
            let entry = journalEntry(at: 5, subject: "\(one)")
            try await catalog.append(entry)
            try requireEqual(try await catalog.traces(of: one).journal.map(\.id), [entry.id], "the journal")
            try requireEqual(try await catalog.traces(of: two).journal, [], "another's journal")
            try requireEqual(try await subject.stranger.traces(of: one), PhotoTraces(), "what a stranger is told")
        }
    ]
}

extension OwnerTrial {
    static let stories: [OwnerTrial] = [
        OwnerTrial("traces(of:)") { own, other in
            for theirs in other.photos {
                try requireEqual(try await own.catalog.traces(of: theirs), PhotoTraces(), "the other's photo")
            }
        } use: { own in
            let before = try await own.catalog.traces(of: own.photos[0]).edits.count
            try await own.catalog.edit(.caption("\(own.number)"), [own.photos[0]])
            try requireEqual(try await own.catalog.traces(of: own.photos[0]).edits.count, before + 1, "the edits")
        }
    ]
}
