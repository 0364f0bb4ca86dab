import Core
import Grid
import Workflows

/// What an import did to albums, as text and as JSON.
enum AlbumSummary {
    static func json(_ albums: FilledAlbums) -> JSON {
        .object([
            "edit": .text(albums.edit?.description),
            "filled": .array(
                albums.filled.map {
                    .object(["name": .string($0.name), "new": .bool($0.isNew), "added": .count($0.added)])
                }),
            "left_out": .count(albums.leftOut),
            "refused": .array(albums.refused.map { .object(JSON.path($0.path) + [("reason", .string($0.reason))]) }),
        ])
    }

    /// Albums listed; JSON has all of them.
    private static let exampleLimit = 10

    static func text(
        _ albums: FilledAlbums, _ advice: ImportSummary.Advice, isDryRun: Bool, columns: Int
    ) -> String {
        var text = ""
        let photos = albums.filled.reduce(0) { $0 + $1.added }
        if photos == 0, albums.leftOut > 0 {
            text += "Albums: nothing to put into them.\n"
        } else if photos == 0 {
            text += "Albums: every photo is in its own already.\n"
        } else {
            let new = albums.filled.count { $0.isNew }
            let counts = "\(counted(albums.filled.count, "album")) (\(new) new)"
            let undo =
                albums.edit.map { "; take it back with: \(advice.line(["edits", "undo", $0.description]))" } ?? ""
            text += "\(counted(photos, "photo")) \(isDryRun ? "would go" : "put") into \(counts)\(undo)\n"
        }
        for album in albums.filled.prefix(exampleLimit) {
            let line = "  \(displayEscaped(album.name)): \(counted(album.added, "photo"))\(album.isNew ? ", new" : "")"
            text += line.truncated(to: columns - 1) + "\n"
        }
        if albums.filled.count > exampleLimit { text += "  \(albums.filled.count - exampleLimit) more albums\n" }
        if albums.leftOut > 0 {
            text += "  \(counted(albums.leftOut, "photo")) left out: taken out here, or of an album deleted here\n"
        }
        for folder in albums.refused.prefix(exampleLimit) {
            let line = "  no album   \(ImportSummary.shown(folder.path)): \(displayEscaped(folder.reason))"
            text += line.truncated(to: columns - 1) + "\n"
        }
        if albums.refused.count > exampleLimit { text += "  \(albums.refused.count - exampleLimit) more no album\n" }
        return text
    }
}
