import Core

/// Something that photos are found by: a word, the whole name of a camera, lens or place, a whole keyword, a cell of the map, a
/// media type, figures.
struct SearchTerm: Hashable {
    enum Kind: String {
        case word, camera, lens, place, keyword, cell, media, figures

        /// What lines of a photo's text begin with that hold such terms whole.
        static let lines: [Unicode.Scalar: Kind] = [
            "c": .camera, "l": .lens, "p": .place, "g": .cell, "m": .media, "x": .figures,
        ]
    }

    let kind: Kind
    let content: String

    /// By what rows of `photo_terms` name it: FNV-1a (Fowler, Noll, Vo) of owner, kind and content, its bits mixed. Two terms with
    /// one number, of billions, would only cost time: what is found by a term is looked at again.
    func number(of owner: OwnerID) -> Int64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        owner.bytes.forEach(add)
        kind.rawValue.utf8.forEach(add)
        add(0)
        content.utf8.forEach(add)
        hash = (hash ^ (hash >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        return Int64(bitPattern: hash ^ (hash >> 33))
    }

    /// The name of a tenth of a degree each way.
    static func cell(latitude: Double, longitude: Double) -> (Int, Int) {
        (Int((latitude * 10).rounded(.down)), Int((longitude * 10).rounded(.down)))
    }

    static func cell(_ cell: (Int, Int)) -> SearchTerm {
        SearchTerm(kind: .cell, content: "\(cell.0),\(cell.1)")
    }

    /// The keyword that a line of a photo's text holds: its words, by each of which the photo is found as well, are read beside it.
    /// nil for another line, and for what is longer than an index takes.
    static func keyword(_ line: Substring) -> SearchTerm? {
        guard line.hasPrefix("k "), line.utf8.count <= longestKeyword else { return nil }
        return SearchTerm(kind: .keyword, content: String(line.dropFirst()))
    }

    /// In bytes. No tag's name, folded, has as many.
    private static let longestKeyword = 2000

    /// What file names end with, which says next to nothing: found in texts, and in no index.
    static let endings: Set<String> = [
        "jpg", "jpeg", "png", "webp", "avif", "heic", "heif", "tif", "tiff", "gif", "jxl", "raw", "cr", "nef", "arw",
        "dng",
        "raf", "orf", "rw",
    ]
}

/// What is known of a photo that it is found by.
struct SearchedText {
    var filename: String
    var caption: String?
    var keywords: [String] = []
    var cameraMake: String?
    var cameraModel: String?
    var lens: String?
    var place: String?
    var position: (latitude: Double, longitude: Double)?
    var mediaType: MediaType
    var exposure = Exposure()
    var byteCount: Int64
    /// Upright.
    var pixelSize: PixelSize?

    /// More words of a caption, or keywords, are not looked for.
    private static let mostWords = 1000

    private var camera: String? {
        let (make, model) = (cameraMake ?? "", cameraModel ?? "")
        if make.isEmpty || model.lowercased().hasPrefix(make.lowercased()) { return model.isEmpty ? nil : model }
        return model.isEmpty ? make : "\(make) \(model)"
    }

    /// As it is stored: a line for each part, a letter in front and a blank around each word, so that words stand behind a blank and
    /// nothing of one part runs into another.
    var content: String {
        var lines: [String] = []
        func add(_ letter: String, _ text: String?) {
            let spaced = text.map { FoldedText.spaced(FoldedText.words($0, limit: Self.mostWords)) } ?? ""
            if !spaced.isEmpty { lines.append(letter + spaced) }
        }
        add("n", filename)
        add("t", caption)
        for keyword in keywords.prefix(Self.mostWords) { add("k", keyword) }
        add("c", camera)
        add("l", lens)
        add("p", place)
        if let position {
            let cell = SearchTerm.cell(latitude: position.latitude, longitude: position.longitude)
            lines.append("g" + SearchTerm.cell(cell).content)
        }
        // Most photos are JPEGs: to find those no index is of use.
        if mediaType != .jpeg { lines.append("m" + mediaType.rawValue) }
        lines.append("x" + SearchFigures.content(figure))
        return lines.joined(separator: "\n")
    }

    private func figure(_ number: SearchQuery.Number) -> Double? {
        switch number {
        case .iso: exposure.iso.map(Double.init)
        case .aperture: exposure.aperture
        case .shutter: exposure.seconds
        case .focalLength: exposure.focalLength
        case .byteCount: Double(byteCount)
        case .width: pixelSize.map { Double($0.width) }
        case .height: pixelSize.map { Double($0.height) }
        case .rating: nil
        }
    }

    /// The terms of a stored text, each once.
    static func terms(_ content: String) -> Set<SearchTerm> {
        var terms: Set<SearchTerm> = []
        for line in content.split(separator: "\n") {
            guard let letter = line.unicodeScalars.first else { continue }
            let rest = line.unicodeScalars.dropFirst()
            if let kind = SearchTerm.Kind.lines[letter] {
                terms.insert(SearchTerm(kind: kind, content: String(rest)))
                continue
            }
            if let keyword = SearchTerm.keyword(line) { terms.insert(keyword) }
            for word in rest.split(separator: " ") {
                let word = String(word)
                if letter == "n", SearchTerm.endings.contains(word) { continue }
                terms.insert(SearchTerm(kind: .word, content: word))
            }
        }
        return terms
    }

    /// How keywords are written, by what they are found by.
    static func keywordNames(_ keywords: [String]) -> [String: String] {
        var names: [String: String] = [:]
        for keyword in keywords.prefix(mostWords) {
            let content = FoldedText.spaced(FoldedText.words(keyword, limit: mostWords))
            if names[content] == nil { names[content] = keyword }
        }
        return names
    }

    /// How its camera, lens and place are written.
    func name(of term: SearchTerm) -> String {
        switch term.kind {
        case .camera: camera ?? ""
        case .lens: lens ?? ""
        case .place: place ?? ""
        case .word, .keyword, .cell, .media, .figures: ""
        }
    }
}
