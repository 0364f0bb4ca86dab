/// What is said of screens as they follow one another: each change once, and nothing of what stayed. A value.
///
/// What changes without having been asked for, as a table's numbers do, is not said but for news; whoever wants to hear where they
/// are asks for everything anew (`forget`).
public struct LinearSpeech: Sendable {
    private var last: LinearReading?

    public init() {}

    /// Whether something went on when last told of that this screen has no more of: what it changed was waited for.
    public func isEnd(_ reading: LinearReading) -> Bool { last?.progress.isEmpty == false && reading.progress.isEmpty }

    /// The next screen is told as the first one.
    public mutating func forget() { last = nil }

    /// What is new, in the order in which it is said; the line that is typed not among it.
    /// - Parameter isAsked: whether the change may be what a person's key, or the end of what went on, led to.
    public mutating func lines(for reading: LinearReading, isAsked: Bool) -> [String] {
        let before = last ?? LinearReading.nothing
        let isFirst = last == nil
        var lines: [String] = []
        var said = reading
        if isFirst || isAsked {
            let isNewView = isFirst || reading.view != before.view
            if isNewView { lines.append(reading.title) }
            if reading.dialog.isEmpty {
                let isBack = !before.dialog.isEmpty
                if isNewView || reading.heading != before.heading { lines.append(reading.heading) }
                if isNewView || isBack || reading.item != before.item || reading.details != before.details {
                    if !reading.isItemTold { lines.append(reading.item) }
                    lines.append(reading.details)
                }
                let old = isNewView ? [] : Set(before.facts)
                lines += reading.facts.filter { !old.contains($0) }
            } else {
                lines += dialogLines(reading, before)
            }
        } else {
            // What was not said is compared with when the next key comes.
            said = reading.keeping(before)
        }
        if reading.news != before.news { lines.append(reading.news) }
        // How far it is by now would be said again and again.
        if reading.progress.isEmpty != before.progress.isEmpty {
            lines.append(reading.progress.isEmpty ? "done" : reading.progress)
        }
        last = said
        return lines.filter { !$0.isEmpty }
    }

    private func dialogLines(_ reading: LinearReading, _ before: LinearReading) -> [String] {
        if before.dialog.isEmpty || before.dialog.first != reading.dialog.first {
            // A list that is typed into may be long: what is chosen of it is told.
            if reading.field != nil, !reading.choice.isEmpty {
                return [reading.dialog[0], reading.choice]
            }
            return reading.dialog
        }
        if reading.choice != before.choice { return [reading.choice] }
        if reading.field != nil { return [] }
        let old = Set(before.dialog)
        return reading.dialog.filter { !old.contains($0) }
    }
}

extension LinearReading {
    /// Of no screen at all.
    static let nothing = LinearReading(Grid(size: GridSize(columns: 0, rows: 0)), cursor: nil)

    /// Whether the line below tells the name of what the keyboard is on: that of a tile is cut to its width and has signs beside
    /// it, which are words there.
    var isItemTold: Bool {
        let told = details.prefix { $0 != "," }
        var name = item.prefix { $0 != "," }
        for sign in ["* ", "\u{25CF} "] where name.hasPrefix(sign) { name = name.dropFirst(sign.count) }
        for sign in [" !", " <3", " \u{2665}"] where name.hasSuffix(sign) { name = name.dropLast(sign.count) }
        guard let cut = name.firstIndex(where: { $0 == "~" || $0 == "\u{2026}" }) else { return told.hasPrefix(name) }
        return told.hasPrefix(name[..<cut]) && told.hasSuffix(name[name.index(after: cut)...])
    }

    /// The view's name, without what is counted beside it.
    var view: Substring { title.prefix { $0 != "," } }
}
