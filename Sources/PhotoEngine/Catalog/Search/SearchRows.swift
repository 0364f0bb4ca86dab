import Core

/// Keeps what searches read as photos change, inside a transaction: gathers, and is written at its end.
struct SearchRows {
    private var texts: [[SQLValue]] = []
    private var added: [[SQLValue]] = []
    private var removed: [[SQLValue]] = []
    private var counts: [SearchTerm: (photos: Int, name: String)] = [:]
    /// Whether keywords may have been removed: what brings an older schema up reads none.
    private let readsRemovals: Bool

    init(readsRemovals: Bool = true) { self.readsRemovals = readsRemovals }

    /// A photo that is new.
    mutating func add(_ photo: PhotoID, of owner: OwnerID, takenAt: Int64, _ text: SearchedText) {
        put(photo, owner, nil, (text.content, takenAt), text)
    }

    private mutating func put(
        _ photo: PhotoID, _ owner: OwnerID, _ old: (content: String, takenAt: Int64)?,
        _ now: (content: String, takenAt: Int64), _ text: SearchedText
    ) {
        texts.append([.id(photo), .id(owner), .int(now.takenAt), .text(now.content)])
        let before = old.map { SearchedText.terms($0.content) } ?? []
        let after = SearchedText.terms(now.content)
        let isMoved = old?.takenAt != now.takenAt
        for term in isMoved ? before : before.subtracting(after) {
            removed.append([.integer(term.number(of: owner)), .int(old?.takenAt), .id(photo)])
        }
        for term in isMoved ? after : after.subtracting(before) {
            added.append([.integer(term.number(of: owner)), .int(now.takenAt), .id(photo), .id(owner)])
        }
        for term in before.subtracting(after) { count(term, -1, "") }
        let new = after.subtracting(before)
        let keywords = new.contains { $0.kind == .keyword } ? SearchedText.keywordNames(text.keywords) : [:]
        for term in new { count(term, 1, term.kind == .keyword ? keywords[term.content] ?? "" : text.name(of: term)) }
    }

    private mutating func count(_ term: SearchTerm, _ change: Int, _ name: String) {
        let known = counts[term] ?? (0, "")
        counts[term] = (known.photos + change, name.isEmpty ? known.name : name)
    }

    /// The keywords of a photo whose text is as it should be, told of by nothing but that.
    mutating func addKeywords(
        _ photo: PhotoID, of owner: OwnerID, takenAt: Int64, _ content: String, names: () throws -> [String: String]
    ) rethrows {
        let terms = SearchedText.terms(content).filter { $0.kind == .keyword }
        if terms.isEmpty { return }
        let names = try names()
        for term in terms {
            added.append([.integer(term.number(of: owner)), .int(takenAt), .id(photo), .id(owner)])
            count(term, 1, names[term.content] ?? "")
        }
    }

    /// Photos of which something may have changed.
    mutating func refresh(_ photos: [PhotoID], of owner: OwnerID, _ connection: any SQLConnection) throws {
        var seen: Set<PhotoID> = []
        let photos = photos.filter { seen.insert($0).inserted }
        if photos.isEmpty { return }
        let rows = try connection.rows(
            """
            SELECT filename, caption, (SELECT keywords FROM photo_metadata WHERE photo_metadata.photo = photos.id),
                camera_make, camera_model, lens, place, latitude, longitude, media_type, iso, aperture,
                exposure_seconds, focal_length, byte_count, width, height, orientation,
                \(readsRemovals ? RemovedKeywords.ofPhoto : "NULL"),
                photos.taken_at, photo_texts.content, photo_texts.taken_at
            FROM photos LEFT JOIN photo_texts ON photo_texts.photo = photos.id
            WHERE photos.id = ? AND photos.owner = ?
            """, each: photos.map { [.id($0), .id(owner)] })
        for (photo, rows) in zip(photos, rows) {
            guard var row = rows.first else { continue }
            let text = try Self.text(&row)
            let new = (content: text.content, takenAt: try row.int64())
            let oldContent = try row.optionalText()
            let oldTime = try row.optionalInt64()
            let old = oldContent.flatMap { content in oldTime.map { (content: content, takenAt: $0) } }
            if let old, old == new { continue }
            put(photo, owner, old, new, text)
        }
    }

    private static func text(_ row: inout SQLRow) throws -> SearchedText {
        let filename = try row.text()
        let caption = try row.optionalText()
        let keywords = try row.optionalText().map(PhotoColumns.keywords) ?? []
        let (make, model) = try (row.optionalText(), row.optionalText())
        let (lens, place) = try (row.optionalText(), row.optionalText())
        let (latitude, longitude) = try (row.optionalDouble(), row.optionalDouble())
        var text = SearchedText(
            filename: filename, caption: caption, keywords: keywords, cameraMake: make, cameraModel: model, lens: lens,
            place: place, mediaType: try row.choice(), byteCount: 0)
        text.exposure.iso = try row.optionalInt()
        text.exposure.aperture = try row.optionalDouble()
        text.exposure.seconds = try row.optionalDouble()
        text.exposure.focalLength = try row.optionalDouble()
        text.byteCount = try row.int64()
        let (width, height) = try (row.optionalInt(), row.optionalInt())
        let orientation = try SQLRow.present(Orientation(rawValue: row.int()))
        if let width, let height { text.pixelSize = orientation.upright(PixelSize(width: width, height: height)) }
        if let removed = try row.optionalText() {
            text.keywords.removeAll { removed.contains(RemovedKeywords.line(CollectionName.folded($0))) }
        }
        if let latitude, let longitude { text.position = (latitude, longitude) }
        return text
    }

    /// A photo that is removed for good.
    mutating func remove(_ photo: PhotoID, of owner: OwnerID, _ connection: any SQLConnection) throws {
        let found = try connection.row(
            "DELETE FROM photo_texts WHERE photo = ? AND owner = ? RETURNING content, taken_at",
            [.id(photo), .id(owner)])
        guard var row = found else { return }
        let (content, takenAt) = try (row.text(), row.int64())
        for term in SearchedText.terms(content) {
            removed.append([.integer(term.number(of: owner)), .int(takenAt), .id(photo)])
            count(term, -1, "")
        }
    }

    mutating func write(to connection: any SQLConnection, owner: OwnerID) throws {
        try connection.send("DELETE FROM photo_terms WHERE term = ? AND taken_at = ? AND photo = ?", each: removed)
        if !texts.isEmpty {
            try connection.insert(
                into: "photo_texts (photo, owner, taken_at, content)", row: "(?, ?, ?, ?)", values: texts,
                onConflict: """
                    ON CONFLICT (photo) DO UPDATE SET taken_at = excluded.taken_at, content = excluded.content
                    """)
        }
        if !added.isEmpty {
            try connection.insert(
                into: "photo_terms (term, taken_at, photo, owner)", row: "(?, ?, ?, ?)", values: added,
                onConflict: "ON CONFLICT (term, taken_at, photo) DO NOTHING")
        }
        try writeCounts(to: connection, owner: owner)
        self = SearchRows(readsRemovals: readsRemovals)
    }

    private func writeCounts(to connection: any SQLConnection, owner: OwnerID) throws {
        let changed = counts.filter { $0.value.photos != 0 }
        if changed.isEmpty { return }
        try connection.insert(
            into: "search_terms (owner, kind, content, name, photos)", row: "(?, ?, ?, ?, ?)",
            values: changed.map { term, count in
                [.id(owner), .text(term.kind.rawValue), .text(term.content), .string(count.name), .int(count.photos)]
            },
            onConflict: """
                ON CONFLICT (owner, kind, content) DO UPDATE SET photos = search_terms.photos + excluded.photos
                """)
        try connection.send(
            "DELETE FROM search_terms WHERE owner = ? AND kind = ? AND content = ? AND photos <= 0",
            each: changed.filter { $0.value.photos < 0 }.map {
                [.id(owner), .text($0.key.kind.rawValue), .text($0.key.content)]
            })
    }
}

/// What searches read of photos, tags and albums that were there before it.
enum SearchBackfill {
    @Sendable static func run(_ connection: any SQLConnection) throws {
        if connection.dialect.hasRowSecurity {
            try RowLevelSecurity.lifted(["owners", "photos", "photo_metadata", "tags", "albums"], connection) {
                try fill(connection)
            }
        } else {
            try fill(connection)
        }
    }

    private static func fill(_ connection: any SQLConnection) throws {
        for table in ["tags", "albums"] {
            for var row in try connection.rows("SELECT id, name FROM \(table)", []) {
                let (id, name) = try (row.bytes(), row.text())
                try connection.send(
                    "UPDATE \(table) SET folded = ? WHERE id = ?", [.text(CollectionName.folded(name)), .bytes(id)])
            }
        }
        for var row in try connection.rows("SELECT id FROM owners ORDER BY id", []) {
            try fill(try row.id(), connection, readsRemovals: false)
        }
    }

    /// The photos of an owner.
    static func fill(_ owner: OwnerID, _ connection: any SQLConnection, readsRemovals: Bool) throws {
        var last = SQLValue.bytes([])
        while true {
            let photos: [PhotoID] = try connection.rows(
                "SELECT id FROM photos WHERE owner = ? AND id > ? ORDER BY id LIMIT 1000", [.id(owner), last]
            ).map { row in
                var row = row
                return try row.id()
            }
            guard let end = photos.last else { return }
            var rows = SearchRows(readsRemovals: readsRemovals)
            try rows.refresh(photos, of: owner, connection)
            try rows.write(to: connection, owner: owner)
            last = .id(end)
        }
    }
}

extension CollectionName {
    /// What a search looks into.
    static func folded(_ name: String) -> String { FoldedText.spaced(FoldedText.words(name)) }
}
