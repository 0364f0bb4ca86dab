internal import Core
internal import Duplicates
internal import TOMLKit

extension ConfigurationReader {
    /// `keeper_rules`, `keeper_formats`, `keeper_size_tolerance`, `reference_folders` and the table `[keeper_names]`, and the
    /// first of them that is not understood.
    mutating func keeperRules(home: String?) -> (rules: KeeperRules, problem: ConfigurationProblem?) {
        let first = problems.count
        var rules = KeeperRules()
        rules.order = names(
            "keeper_rules", KeeperRule.allCases.map { ($0.setting, $0) }, default: rules.order.map(\.setting), "rule",
            "What makes a photo of a duplicate cluster the one to keep, most important first, separated by blanks.")
        let formats = MediaType.allCases.map { ($0.setting, $0) }
        rules.formats = names(
            "keeper_formats", formats, default: rules.formats.map(\.setting), "format",
            "Formats in the order in which they are worth keeping, separated by blanks; others count least.")
        rules.sizeTolerance =
            Double(
                number(
                    "keeper_size_tolerance", default: 5, in: 0...100,
                    "By how many per cent of their pixels two pictures may differ and count as equally large.")) / 100
        let folders = text(
            "reference_folders", default: "", separator: ":",
            "Folders whose photos are never moved to the trash as duplicates, separated by colons.")
        for folder in folders.split(separator: ":") {
            if folder.hasPrefix("/") {
                rules.referenceFolders.append(String(folder))
            } else if let home, folder == "~" || folder.hasPrefix("~/") {
                rules.referenceFolders.append(home + folder.dropFirst())
            } else {
                complain("reference_folders", "\"\(folder)\" is no absolute path", "write it from / or ~/ on")
            }
        }
        rules.namePatterns = keeperNames() + rules.namePatterns
        return (rules, problems.dropFirst(first).first)
    }

    /// The values that a key names, each once, in its order.
    private mutating func names<Value: Equatable>(
        _ key: String, _ known: [(name: String, value: Value)], default standard: [String], _ what: String,
        _ meaning: String
    ) -> [Value] {
        var values: [Value] = []
        let text = text(key, default: standard.joined(separator: " "), separator: " ", meaning)
        for name in text.split(separator: " ") {
            guard let (_, value) = known.first(where: { $0.name == name }) else {
                let all = known.map(\.name).joined(separator: ", ")
                complain(key, "\"\(name)\" is no \(what)", "the \(what)s are: \(all)")
                continue
            }
            if !values.contains(value) { values.append(value) }
        }
        return values
    }

    /// The table `[keeper_names]`: a pattern of file names (`NamePattern`), and what such a file is. They go before the patterns
    /// that phototui knows; "edited version" marks what an editor made.
    private mutating func keeperNames() -> [NamePattern] {
        guard let entry = file.table?["keeper_names"] else { return [] }
        guard let table = entry.table else {
            complain("keeper_names", "it is no table", "write [keeper_names], then lines like \"*-final\" = \"export\"")
            return []
        }
        var patterns: [NamePattern] = []
        for pattern in table.keys.sorted() {
            guard let meaning = table[pattern]?.string, !meaning.isEmpty else {
                complain("keeper_names.\(pattern)", "its value is no text", "write what such a file is, between quotes")
                continue
            }
            patterns.append(NamePattern(pattern, meaning, isEdited: meaning == "edited version"))
            note(
                ConfigurationSetting(
                    key: "keeper_names.\(pattern)", value: meaning, source: .file, variable: "",
                    meaning: "What a file of such a name is."))
        }
        return patterns
    }
}

extension KeeperRule {
    /// As the configuration has it: `file_name`.
    fileprivate var setting: String {
        rawValue.reduce(into: "") { text, character in
            text += character.isUppercase ? "_" + character.lowercased() : String(character)
        }
    }
}

extension MediaType {
    /// As the configuration has it: `jpeg`.
    fileprivate var setting: String { self == .raw ? "raw" : String(rawValue.dropFirst("image/".count)) }
}
