import Grid
import Search
public import Widgets

/// The command palette: what was typed and which of the matches is chosen.
public struct PaletteState: Hashable, Sendable {
    public var field = TextField()
    public var selection = 0

    public init() {}
}

extension AppState {
    /// The actions that match, those whose title begins with the text first.
    func paletteActions(_ text: String) -> [ActionDescription] {
        let all = ActionDescription.all.filter { $0.contexts.contains(context) && $0.action != .palette }
        let wanted = text.lowercased().filter { $0 != " " }
        guard !wanted.isEmpty else { return all }
        func rank(_ description: ActionDescription) -> Int? {
            let title = description.title.lowercased()
            if title.hasPrefix(text.lowercased()) { return 0 }
            if title.contains(text.lowercased()) { return 1 }
            var rest = wanted[...]
            for character in title where character == rest.first { rest = rest.dropFirst() }
            return rest.isEmpty ? 2 : nil
        }
        return all.enumerated().compactMap { index, description in rank(description).map { ($0, index, description) } }
            .sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
    }

    mutating func handlePalette(_ press: KeyPress, _ palette: PaletteState) -> [Effect] {
        var palette = palette
        let matches = paletteActions(palette.field.text)
        switch (press.key, press.modifiers) {
        case (.escape, _): return []
        case (.enter, _):
            let words = palette.field.text.split(separator: " ", maxSplits: 1)
            if words.count == 2, let effects = performCommand(String(words[0]), String(words[1])) { return effects }
            guard matches.indices.contains(palette.selection) else {
                activity.notice = Notice(.warning, "no action is called \(palette.field.text)")
                return []
            }
            return perform(matches[palette.selection].action)
        case (.down, _), (.character("n"), .control), (.tab, []):
            palette.selection = min(palette.selection + 1, max(0, matches.count - 1))
        case (.up, _), (.character("p"), .control): palette.selection = max(0, palette.selection - 1)
        default: if palette.field.handle(press) { palette.selection = 0 }
        }
        layers.append(.palette(palette))
        return []
    }

    /// `jump 2019-07`, `search text`, `filter text`, `theme light`; nil for any other word.
    private mutating func performCommand(_ name: String, _ rest: String) -> [Effect]? {
        switch name.lowercased() {
        case "jump": return jump(to: rest)
        case "filter":
            if isOnDuplicates {
                duplicates.filterText = rest
                return applyClusterFilter()
            }
            fallthrough
        case "search":
            timeline.search.text = rest
            let effects = goTo(.timeline) + applySearch()
            if let fault = timeline.search.fault { activity.notice = Notice(.error, fault.description) }
            return effects
        case "theme": return [.useTheme(rest)]
        default: return nil
        }
    }
}
