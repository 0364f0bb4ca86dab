/// The words of the picture libraries, which repeat themselves, made fit to read.
enum ErrorText {
    private static let enough = 200
    /// What libtiff and libvips say on the way, of no use where anything else was said.
    private static let noise = ["bad seek to", "TIFFFetchNormalTag", "_TIFFVSetField"]

    /// The lines, last first, each once, until there is enough; nil when there are none.
    static func shortened(_ text: String) -> String? {
        var kept: [Substring] = []
        let lines = text.split(separator: "\n").reversed()
        let telling = lines.filter { line in !noise.contains { line.contains($0) } }
        for line in telling.isEmpty ? Array(lines) : telling where !kept.contains(line) {
            guard kept.reduce(0, { $0 + $1.utf8.count }) + line.utf8.count <= enough || kept.isEmpty else { break }
            kept.append(line.utf8.count > enough ? line.prefix(enough / 2) + "…" : line)
        }
        return kept.isEmpty ? nil : kept.joined(separator: "; ")
    }
}
