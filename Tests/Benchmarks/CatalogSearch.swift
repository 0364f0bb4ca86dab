import Catalog
import Core
import Foundation
import Search
import Workflows

extension Benchmark {
    static let catalogSearchBuild = Benchmark(
        name: "catalog-search-build", arguments: "CATALOGUE",
        summary: "Makes what searches read, in a library of generate_library.py."
    ) { arguments in
        guard let place = arguments.first else { throw EngineError(.invalidInput, "name a catalogue") }
        let catalog = try await CatalogPlace(place).open()
        _ = try await catalog.rebuildSearch()
        try await catalog.close()
    }

    static let catalogSearch = Benchmark(
        name: "catalog-search", arguments: "CATALOGUE [KIND]",
        summary:
            "Milliseconds of the first page of searches of each kind, 100 photos a page, in a library of generate_library.py."
    ) { arguments in
        guard let place = arguments.first else { throw EngineError(.invalidInput, "name a catalogue") }
        let catalog = try await CatalogPlace(place).open()
        try await withTaskExecutorPreference(catalog.executor) {
            try await withCollections(of: catalog) { try await measure(catalog, only: arguments.dropFirst().first) }
        }
        try await catalog.close()
    }

    /// A kind of search, and a search of that kind.
    private static let searches: [(kind: String, text: @Sendable () -> String)] = [
        ("a word of every photo", { "img" }),
        ("a word of one photo", { "\(100_000 + Int.random(in: 0..<900_000))".leading(8) }),
        ("a word of a tenth", { ["lisbon", "kyoto", "oslo"].randomElement()! }),
        ("the beginning of a word", { ["li", "sint", "nik", "fuj", "hol"].randomElement()! }),
        ("a misspelt word", { ["lisbin", "kyoot", "fujifilmm"].randomElement()! }),
        ("two words", { "lisbon \(["canon", "nikon", "sony"].randomElement()!)" }),
        ("three words and OR", { "holiday lisbon OR kyoto sony OR fujifilm" }),
        ("a phrase", { "\"lisbon portugal\"" }),
        ("what must not be", { "canon -lisbon -kyoto" }),
        ("camera", { "camera:\(["5d", "d750", "x-t30", "iphone"].randomElement()!)" }),
        ("lens and place", { "lens:35 in:\(["lisbon", "roma"].randomElement()!)" }),
        ("iso, aperture and shutter", { "iso:>800 f:<2 shutter:<1/250" }),
        ("years", { "\(Int.random(in: 2005...2015))..\(Int.random(in: 2016...2024)) lisbon" }),
        ("month of any year", { ["july", "march", "december"].randomElement()! }),
        ("year and month", { "\(Int.random(in: 2005...2024))-0\(Int.random(in: 1...9)) iso:1600" }),
        ("rating", { "rating:>=\(Int.random(in: 3...5))" }),
        ("favourites", { "is:favourite" }),
        ("favourites of a camera and place", { "is:favourite camera:x-t30 in:roma rating:5" }),
        ("without a position", { "no:gps camera:iphone" }),
        ("type", { "type:raw" }),
        ("near", { "near:\(Double.random(in: -50...50)),\(Double.random(in: -170...170)),50km" }),
        ("size and width", { "size:>5MB width:>3000" }),
        ("nothing is like it", { "camera:leica lisbon" }),
        ("a rating that none has", { "rating:1" }),
        ("the trash", { "is:trashed" }),
        ("missing", { "is:missing in:lisbon" }),
        ("a tag", { "tag:\(collection)" }),
        ("a tag and none", { "tag:\(collection) no:tag" }),
        ("not a tag", { "lisbon -tag:\(collection)" }),
        ("an album, a tag and a camera", { "album:\(collection) tag:\(collection) camera:x-t30" }),
        (
            "near, in an album",
            { "near:\(Double.random(in: -50...50)),\(Double.random(in: -170...170)),50km album:\(collection)" }
        ),
        ("an album's rated favourites", { "album:\(collection) is:favourite rating:>=4" }),
        ("words, in an album", { "lisbon sony album:\(collection)" }),
    ]

    /// What an album of 100,000 photos is called, and a tag of 10,000, while they are searched.
    private static let collection = "benchmarked"

    private static func withCollections(of catalog: any Catalog, _ body: () async throws -> Void) async throws {
        let photos = try await catalog.timeline(TimelineQuery(limit: 1_000_000)).map(\.id).shuffled()
        guard photos.count >= 100_000 else { throw EngineError(.notFound, "the catalogue has too few photos") }
        let editing = LibraryEditing(catalog: catalog)
        let name = try CollectionName.album(collection)
        _ = try await editing.edit(.createAlbum(name, description: ""), photos: [], actor: "bench")
        guard let album = try await catalog.album(named: name) else { throw EngineError(.internal, "no album") }
        _ = try await editing.edit(.addToAlbum(album.id), photos: Array(photos.prefix(100_000)), actor: "bench")
        let tagged = try await editing.edit(
            .addTags([CollectionName.tag(collection)]), photos: photos.filter { _ in Int.random(in: 0..<100) == 0 },
            actor: "bench")
        do { try await body() } catch {
            _ = try await editing.edit(.deleteAlbum(album.id), photos: [], actor: "bench")
            throw error
        }
        _ = try await editing.edit(.deleteAlbum(album.id), photos: [], actor: "bench")
        if let tagged { _ = try await editing.undo(tagged.id, actor: "bench") }
    }

    private static func measure(_ catalog: any Catalog, only part: String?) async throws {
        let clock = ContinuousClock()
        for (kind, text) in searches where part.map(kind.contains) ?? true {
            var times: [Duration] = []
            for _ in 0..<200 {
                let query = try SearchText.query(text())
                let start = clock.now
                _ = try await catalog.search(query, after: nil, limit: 100)
                times.append(clock.now - start)
            }
            print(Measurement(times).line("search, \(kind)"))
        }
        if part != nil { return }
        var (counts, completions): ([Duration], [Duration]) = ([], [])
        for _ in 0..<50 {
            let query = try SearchText.query(["lisbon", "canon", "img", "iso:>800"].randomElement()!)
            counts.append(try await clock.measure { _ = try await catalog.count(query, upTo: 10_000) })
            completions.append(
                try await clock.measure {
                    _ = try await catalog.suggestions(.name(.camera), beginning: "d", limit: 8)
                    _ = try await catalog.suggestions(.word, beginning: "hol", limit: 8)
                })
        }
        print(Measurement(counts).line("count to 10,000"))
        print(Measurement(completions).line("completion of a word and a camera"))
    }
}

extension String {
    /// With zeros in front.
    fileprivate func leading(_ width: Int) -> String { String(repeating: "0", count: max(0, width - count)) + self }
}
