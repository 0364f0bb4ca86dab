import Core

/// Where each album stands on the wall. A section takes a heading row, its lines of tiles, and a blank row.
struct AlbumsWall: Hashable, Sendable {
    struct Section: Hashable, Sendable {
        /// What its albums are nested in; empty for those of the first level.
        let parent: String
        let albums: Range<Int>
        /// Whether they are events that are proposed.
        var isProposed = false
        /// Of the heading.
        let row: Int
    }

    private(set) var sections: [Section] = []
    private(set) var rows = 0
    let columns: Int
    let tileRows: Int

    /// `parents` are those of the albums, in order: equal ones together. Behind the albums so many `events` are proposed.
    init(parents: [String] = [], events: Int = 0, columns: Int = 1, tileRows: Int = 1) {
        (self.columns, self.tileRows) = (max(1, columns), max(1, tileRows))
        var start = 0
        while start < parents.count {
            let key = CollectionName.key(of: parents[start])
            let end = parents[start...].firstIndex { CollectionName.key(of: $0) != key } ?? parents.count
            sections.append(Section(parent: parents[start], albums: start..<end, row: rows))
            rows += 2 + (end - start + self.columns - 1) / self.columns * self.tileRows
            start = end
        }
        if events > 0 {
            sections.append(Section(parent: "", albums: start..<(start + events), isProposed: true, row: rows))
            rows += 2 + (events + self.columns - 1) / self.columns * self.tileRows
        }
    }

    private func section(of album: Int) -> Int? { sections.firstIndex { $0.albums.contains(album) } }

    /// The first row of a tile; nil for what is not here.
    func row(of album: Int) -> Int? {
        section(of: album).map { index in
            sections[index].row + 1 + (album - sections[index].albums.lowerBound) / columns * tileRows
        }
    }

    func headingRow(of album: Int) -> Int? { section(of: album).map { sections[$0].row } }

    /// The tile's place on its line.
    func column(of album: Int) -> Int {
        section(of: album).map { (album - sections[$0].albums.lowerBound) % columns } ?? 0
    }

    func visible(rows shown: Range<Int>) -> [Int] {
        sections.filter { $0.row < shown.upperBound }.flatMap { section in
            section.albums.filter { album in
                let first = section.row + 1 + (album - section.albums.lowerBound) / columns * tileRows
                return first < shown.upperBound && first + tileRows > shown.lowerBound
            }
        }
    }

    /// The album so many lines below or above, in the same column or the last before it; the same where no line is left.
    func album(lines: Int, from album: Int) -> Int {
        guard var index = section(of: album) else { return album }
        let column = column(of: album)
        var line = (album - sections[index].albums.lowerBound) / columns
        func count(_ section: Int) -> Int { (sections[section].albums.count + columns - 1) / columns }
        for _ in 0..<abs(lines) {
            if lines > 0 {
                if line + 1 < count(index) {
                    line += 1
                } else if index + 1 < sections.count {
                    (index, line) = (index + 1, 0)
                } else {
                    break
                }
            } else if line > 0 {
                line -= 1
            } else if index > 0 {
                index -= 1
                line = count(index) - 1
            } else {
                break
            }
        }
        let albums = sections[index].albums
        return min(albums.lowerBound + line * columns + column, albums.upperBound - 1)
    }

    /// The album whose tile has a row of the wall and a place on its line.
    func album(atRow row: Int, column: Int) -> Int? {
        guard let section = sections.last(where: { $0.row < row }), column < columns else { return nil }
        let album = section.albums.lowerBound + (row - section.row - 1) / tileRows * columns + column
        return section.albums.contains(album) ? album : nil
    }
}
