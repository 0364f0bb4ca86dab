internal import Duplicates

extension ConfigurationReader {
    /// `keeper_rules` and `reference_folders`.
    mutating func keeperRules() -> KeeperRules {
        var rules = KeeperRules()
        let order = text(
            "keeper_rules", default: KeeperRule.allCases.map(\.setting).joined(separator: " "),
            "What makes a photo of a duplicate cluster the one to keep, most important first, separated by blanks.")
        let folders = text(
            "reference_folders", default: "",
            "Folders whose photos are never moved to the trash as duplicates, separated by colons.")
        rules.order = []
        for name in order.split(separator: " ") {
            guard let rule = KeeperRule.allCases.first(where: { $0.setting == name }) else {
                let known = KeeperRule.allCases.map(\.setting).joined(separator: ", ")
                complain("keeper_rules", "\"\(name)\" is no rule", "the rules are: \(known)")
                continue
            }
            if !rules.order.contains(rule) { rules.order.append(rule) }
        }
        for folder in folders.split(separator: ":") {
            guard folder.hasPrefix("/") else {
                complain("reference_folders", "\"\(folder)\" is no absolute path", "write it from / on")
                continue
            }
            rules.referenceFolders.append(String(folder))
        }
        return rules
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
