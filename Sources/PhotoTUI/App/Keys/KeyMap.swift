public import Grid

/// Which key does what, in each context.
public struct KeyMap: Sendable {
    private var actions: [KeyContext: [KeyPress: Action]] = [:]
    private var keys: [Action: [KeyPress]] = [:]

    /// The default keys, with those of `overrides` (action name to key names, separated by blanks; none takes the
    /// action's keys away) instead.
    ///
    /// `problems` has a sentence for each override that names no action or no key, and for each key that two actions of
    /// one context claim: there the override wins over a default, and the earlier action over a later one.
    public init(overrides: [String: String] = [:]) {
        var problems: [String] = []
        var chosen: [Action: [KeyPress]] = [:]
        for (name, text) in overrides.sorted(by: { $0.key < $1.key }) {
            guard let action = Action(rawValue: name) else {
                problems.append("keys.\(name) is no action: `phototui config` lists them")
                continue
            }
            var presses: [KeyPress] = []
            for keyName in text.split(separator: " ") {
                if let press = KeyPress(name: String(keyName)) {
                    presses.append(press)
                } else {
                    problems.append("keys.\(name): \"\(keyName)\" is no key: write it as ctrl-d, f5, space or G")
                }
            }
            if presses.isEmpty, !text.allSatisfy({ $0 == " " }) { continue }
            chosen[action] = presses
        }
        let ordered =
            ActionDescription.all.filter { chosen[$0.action] != nil }
            + ActionDescription.all.filter { chosen[$0.action] == nil }
        for description in ordered {
            let isChosen = chosen[description.action] != nil
            let presses =
                chosen[description.action] ?? description.defaultKeys.compactMap { KeyPress(name: $0) }
            for press in presses {
                var taken = false
                for context in description.contexts {
                    if let other = actions[context]?[press] {
                        taken = true
                        let whose = isChosen ? "as well" : "by default"
                        problems.append(
                            "\(press) is \(other.rawValue) in the \(context.rawValue), and \(description.action.rawValue) "
                                + "\(whose): give one of them another key")
                    } else {
                        actions[context, default: [:]][press] = description.action
                    }
                }
                if !taken { keys[description.action, default: []].append(press) }
            }
        }
        if actions.values.allSatisfy({ !$0.values.contains(.quit) }) {
            problems.append("no key is left for quit: ctrl-c keeps it")
            for context in KeyContext.allCases { actions[context, default: [:]][KeyPress("c", .control)] = .quit }
        }
        self.problems = problems
    }

    /// What is wrong with the overrides, one sentence each; untrusted text.
    public let problems: [String]

    /// What a key does there.
    public func action(for press: KeyPress, in context: KeyContext) -> Action? { actions[context]?[press] }

    /// The keys that do it, best first.
    public func keys(for action: Action) -> [KeyPress] { keys[action] ?? [] }

    /// The first key as the footer shows it, or nothing.
    public func keyName(for action: Action) -> String { keys(for: action).first?.description ?? "" }

    /// All keys, as help shows them.
    public func keyNames(for action: Action) -> String {
        keys(for: action).map(\.description).joined(separator: ", ")
    }

    /// The key list as Markdown, one table for each context.
    public var markdown: String {
        var text = "# Keys\n\nEvery action can have other keys: `keys.<action> = \"key key\"` in the config file.\n"
        for context in KeyContext.allCases {
            text += "\n## \(context.title)\n\n| Keys | Action | Name |\n|---|---|---|\n"
            for description in ActionDescription.all where description.contexts.contains(context) {
                let names = keys(for: description.action).map { "`\($0)`" }.joined(separator: " ")
                text += "| \(names) | \(description.title) | `\(description.action.rawValue)` |\n"
            }
        }
        return text
    }
}
