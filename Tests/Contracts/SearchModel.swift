import Core
import Search
import SystemPackage

/// Made-up libraries and searches, and what each search finds by looking at every photo.
enum SearchModel {
    private static let words = ["sun", "sunset", "moon", "river", "kyōto", "tram", "Straße", "x100v"]
    private static let lookedFor =
        words + ["su", "kyoto", "strasse", "x100", "100v", "mo", "riv", "\"sun moon\"", "nothing"]

    static let `case` = ContractCase<CatalogSubject>("A search finds the photos for which it holds, in any library") {
        subject in
        var random = SeededRandom(seed: 11)
        let catalog = subject.catalog
        var photos: [PhotoID] = []
        for number in 1...40 {
            let name = "\(words.randomElement(using: &random)!)_\(Int.random(in: 1...30, using: &random)).jpg"
            let time = time(
                Int.random(in: 2018...2021, using: &random), Int.random(in: 1...12, using: &random),
                Int.random(in: 1...28, using: &random), source: .exif)
            guard Int.random(in: 0..<10, using: &random) > 0 else {
                photos.append(
                    try await catalog.add(scanned(number, path: FilePath("/photos/\(number)/\(name)"), at: time)))
                continue
            }
            var metadata = PhotoMetadata()
            metadata.captureTime = time
            func sometimes() -> Bool { Bool.random(using: &random) }
            func text(_ count: Int) -> String {
                (0..<count).map { _ in words.randomElement(using: &random)! }.joined(separator: " ")
            }
            if sometimes() { metadata.caption = text(3) }
            if sometimes() { metadata.keywords = [text(1), text(2)] }
            if sometimes() { metadata.cameraModel = text(2) }
            if sometimes() { metadata.lens = text(1) + " 35mm" }
            if sometimes() { metadata.place = text(1) }
            if sometimes() { metadata.rating = Int.random(in: 0...5, using: &random) }
            if sometimes() { metadata.exposure.iso = Int.random(in: 1...32, using: &random) * 100 }
            if sometimes() { metadata.exposure.aperture = Double(Int.random(in: 10...80, using: &random)) / 10 }
            if sometimes() {
                metadata.position = GeoPosition(
                    latitude: Double.random(in: -1...1, using: &random),
                    longitude: Double.random(in: -1...1, using: &random),
                    altitude: nil)
            }
            let chosen = metadata
            photos.append(
                try await catalog.addProcessed(number, path: FilePath("/photos/\(number)/\(name)")) { $0 = chosen })
        }
        for name in ["sun bath", "River", "tram"] {
            try await catalog.edit(
                .addTags([.tag(name)]), photos.filter { _ in Int.random(in: 0..<4, using: &random) == 0 })
            _ = try await catalog.addAlbum(
                "Trips/\(name)", photos.filter { _ in Int.random(in: 0..<4, using: &random) == 0 })
        }
        try await catalog.edit(.favourite(true), Array(photos.prefix(7)))
        try await catalog.edit(.archived(true), Array(photos.suffix(5)))
        let all = try await catalog.photos(after: nil, limit: 99)
        let collections = try await catalog.collections(of: all.map(\.id))
        let library = zip(all, collections).sorted {
            ($1.0.captureTime.wallMicroseconds, $1.0.id) < ($0.0.captureTime.wallMicroseconds, $0.0.id)
        }
        for _ in 0..<300 {
            let text = query(&random)
            let query = try SearchText.query(text)
            let expected = library.filter { holds(query, $0, $1) }.map(\.0.id)
            let found = try await catalog.search(query, after: nil, limit: 99).entries.map(\.id)
            try requireEqual(found, expected, "what \(text) finds")
            let limit = Int.random(in: 1...9, using: &random)
            let first = try await catalog.search(query, after: nil, limit: limit).entries
            try requireEqual(first.map(\.id), Array(expected.prefix(limit)), "the first \(limit) of \(text)")
            let rest = try await catalog.search(query, after: first.last?.position, limit: 99).entries.map(\.id)
            try requireEqual(rest, Array(expected.dropFirst(first.isEmpty ? 0 : limit)), "what follows them")
        }
    }

    private static func query(_ random: inout SeededRandom) -> String {
        (0..<Int.random(in: 1...3, using: &random)).map { _ in
            let terms = (0..<(Int.random(in: 0..<4, using: &random) == 0 ? 2 : 1)).map { _ in term(&random) }
            return terms.joined(separator: " OR ")
        }.joined(separator: " ")
    }

    private static func term(_ random: inout SeededRandom) -> String {
        let word = lookedFor.randomElement(using: &random)!
        let number = Int.random(in: 0...5, using: &random)
        let terms = [
            word, word, word, word, "camera:\(word)", "lens:\(word)", "lens:35", "in:\(word)", "tag:\(word)",
            "album:\(word)",
            "album:trips", "iso:>\(number)00", "iso:..\(number * 5)00", "f:<\(number + 1).5", "rating:>=\(number)",
            "rating:\(number)",
            "\(2016 + number)", "2018-0\(number + 1)..2019", "july", "is:favourite", "is:archived", "no:gps",
            "has:caption",
            "no:tag", "has:album", "no:camera", "type:jpeg", "type:raw", "near:0.1,0.2,\(number + 1)0km",
            "width:>=4000", "has:rating", "is:missing", "is:unreadable", "is:trashed",
        ]
        return (Int.random(in: 0..<5, using: &random) == 0 ? "-" : "") + terms.randomElement(using: &random)!
    }

    private static func holds(_ query: SearchQuery, _ photo: Photo, _ collections: PhotoCollections) -> Bool {
        let conditions = query.clauses.flatMap(\.parts).map(\.condition)
        let namesHidden = [.archived, .unreadable, .trashed].contains { conditions.contains(.state($0)) }
        if photo.isArchived, !namesHidden { return false }
        return query.clauses.allSatisfy { clause in
            clause.parts.contains { holds($0.condition, photo, collections) != $0.isExcluded }
        }
    }

    private static func holds(
        _ condition: SearchQuery.Condition, _ photo: Photo, _ collections: PhotoCollections
    ) -> Bool {
        let data = photo.metadata
        func has(_ words: SearchWords, _ texts: [String?]) -> Bool {
            texts.contains { text in
                let spaced = text.map { FoldedText.spaced(FoldedText.words($0)) } ?? ""
                return spaced.unicodeScalars.firstRange(of: words.pattern.unicodeScalars) != nil
            }
        }
        switch condition {
        case .text(let words):
            return has(
                words,
                [photo.filename, data.caption, data.cameraModel, data.lens, data.place] + data.keywords
                    + collections.tags + collections.albums)
        case .name(.camera, let words): return has(words, [data.cameraModel])
        case .name(.lens, let words): return has(words, [data.lens])
        case .name(.place, let words): return has(words, [data.place])
        case .name(.tag, let words): return has(words, collections.tags + data.keywords)
        case .name(.album, let words): return has(words, collections.albums)
        case .number(let number, let bounds):
            let value: Double? =
                switch number {
                case .iso: data.exposure.iso.map(Double.init)
                case .aperture: data.exposure.aperture
                case .rating: data.rating.map(Double.init)
                case .width: photo.pixelSize.map { Double($0.width) }
                case .shutter, .focalLength, .byteCount, .height: nil
                }
            return value.map(bounds.contains) ?? false
        case .taken(let range): return range.contains(photo.captureTime.wallMicroseconds)
        case .monthOfYear(let month): return photo.captureTime.fields.month == month
        case .state(.favourite): return photo.isFavourite
        case .state(.archived): return photo.isArchived
        case .state: return false
        case .lacks(.rating): return data.rating == nil
        case .lacks(.position): return data.position == nil
        case .lacks(.caption): return data.caption == nil
        case .lacks(.tag): return collections.tags.isEmpty && data.keywords.isEmpty
        case .lacks(.album): return collections.albums.isEmpty
        case .lacks(.camera): return data.cameraModel == nil
        case .media(let type): return photo.mediaType == type
        case .near(let latitude, let longitude, let metres):
            guard let position = data.position else { return false }
            let (north, east) = (position.latitude - latitude, position.longitude - longitude)
            // So near the equator a degree is a degree.
            return (north * north + east * east).squareRoot() * 111_195 <= metres
        case .lacks, .video: return false
        }
    }
}
