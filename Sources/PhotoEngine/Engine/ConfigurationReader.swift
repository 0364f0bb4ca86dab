internal import Core
internal import SystemPackage
internal import TOMLKit

/// Takes one key after the other from the environment, else the file, else its default, and remembers where from.
struct ConfigurationReader {
    let file: ConfigurationFile
    private let environment: [String: String]
    private(set) var settings: [ConfigurationSetting] = []
    private(set) var problems: [ConfigurationProblem]
    /// The problems of keys whose value is the default for want of one that is understood.
    private(set) var misunderstood: [String: ConfigurationProblem] = [:]
    private(set) var unusableProfiles: [String: ConfigurationProblem] = [:]

    init(file: ConfigurationFile, environment: [String: String]) {
        self.file = file
        self.environment = environment
        problems = file.problem.map { [$0] } ?? []
    }

    /// What has several parts, with `separator` between them, may be an array in the file.
    mutating func text(
        _ key: String, default standard: String, among choices: [String]? = nil, separator: String? = nil,
        _ meaning: String
    ) -> String {
        value(
            key, standard, meaning,
            expected: choices.map { "write one of: \($0.joined(separator: ", "))" } ?? "write a text between quotes",
            show: { $0 }, fromFile: { entry in entry.string ?? separator.flatMap { Self.joined(entry, $0) } }
        ) { text in
            choices.map { $0.contains(text) } ?? true ? text : nil
        }
    }

    mutating func number(
        _ key: String, default standard: Int, in range: ClosedRange<Int>, _ meaning: String
    ) -> Int {
        value(
            key, standard, meaning, expected: "write a number from \(range.lowerBound) to \(range.upperBound)",
            show: { "\($0)" }, fromFile: { $0.int.map { "\($0)" } }
        ) { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    mutating func flag(_ key: String, default standard: Bool, _ meaning: String) -> Bool {
        value(
            key, standard, meaning, expected: "write true or false", show: { "\($0)" },
            fromFile: { $0.bool.map { "\($0)" } }
        ) { text in
            switch text {
            case "true", "yes", "1": true
            case "false", "no", "0": false
            default: nil
            }
        }
    }

    /// The texts and numbers of an array; nil for anything else.
    private static func joined(_ entry: any TOMLValueConvertible, _ separator: String) -> String? {
        guard let array = entry.array else { return nil }
        let parts = array.map { $0.string ?? $0.int.map { "\($0)" } }
        guard !parts.contains(nil) else { return nil }
        return parts.compactMap(\.self).joined(separator: separator)
    }

    /// `rendition_sizes`.
    mutating func renditionSizes() -> [Int] {
        let possible = RenditionKind.possibleSizes
        let standard = RenditionKind.standardSizes.map { "\($0)" }.joined(separator: " ")
        let words = text(
            "rendition_sizes", default: standard, separator: " ",
            "Longest edges of the renditions in pixels, separated by blanks; \(RenditionKind.smallSize) is always made."
        )
        var sizes: [Int] = []
        for word in words.split(whereSeparator: { $0 == " " || $0 == "," }) {
            guard let size = Int(word), possible.contains(size) else {
                complain(
                    "rendition_sizes", "\"\(word)\" is no size",
                    "write pixels from \(possible.lowerBound) to \(possible.upperBound)")
                continue
            }
            sizes.append(size)
        }
        // Of nothing that was understood the usual ones are better than none.
        return sizes.isEmpty ? RenditionKind.standardSizes : sizes
    }

    /// A storage class of S3's API; nil where the provider's own holds.
    mutating func storageClass(_ key: String, _ tier: String) -> String? {
        let name = text(
            key, default: "", "The storage class of the \(tier) tier, as S3's API names it; empty for the provider's.")
        guard !name.isEmpty else { return nil }
        guard name.utf8.count <= 40, name.allSatisfy({ $0.isASCII && ($0.isUppercase || $0.isNumber || $0 == "_") })
        else {
            complain(
                key, "\"\(name)\" is no storage class", "write one as S3 names it: STANDARD_IA, GLACIER_IR, GLACIER")
            return nil
        }
        return name
    }

    /// The table `[keys]`: action name to key names.
    mutating func keys() -> [String: String] {
        guard let table = file.table?["keys"] else { return [:] }
        guard let table = table.table else {
            complain("keys", "it is no table", "write [keys], then lines like next_photo = \"n\"")
            return [:]
        }
        var keys: [String: String] = [:]
        for name in table.keys.sorted() {
            guard let entry = table[name], let text = entry.string ?? Self.joined(entry, " ") else {
                complain("keys.\(name)", "its value is no text", "write the keys between quotes")
                continue
            }
            keys[name] = text
            settings.append(
                ConfigurationSetting(
                    key: "keys.\(name)", value: text, source: .file, variable: "",
                    meaning: "The keys of this action, separated by blanks."))
        }
        return keys
    }

    /// The tables `[profiles.NAME]`. Each key has a variable, too, which stands over it: `PHOTOTUI_DATABASE`.
    mutating func profiles() -> [String: Profile] {
        var profiles: [String: Profile] = [:]
        guard let table = file.table?["profiles"] else { return [:] }
        guard let table = table.table else {
            complain("profiles", "it is no table", "write [profiles.NAME], then its keys")
            return [:]
        }
        for name in table.keys.sorted() {
            let place = "\(file.path?.string ?? ""): profiles.\(name)"
            guard let own = table[name]?.table else {
                complain(place, "it is no table", "write [profiles.\(name)], then its keys")
                unusableProfiles[name] = problems.last
                continue
            }
            var values: [String: String] = [:]
            for key in own.keys.sorted() {
                guard let text = own[key]?.string, Profile.keys.contains(key) else {
                    complain(
                        "\(place).\(key)", "there is no such key, or its value is no text", "see docs/production.md")
                    continue
                }
                values[key] = text
            }
            var variables: [String: String] = [:]
            for key in Profile.keys {
                if let text = environment["PHOTOTUI_\(key.uppercased())"], !text.isEmpty { variables[key] = text }
            }
            do {
                profiles[name] = try Profile(name: name, values: values, variables: variables)
            } catch let fault as Profile.Fault {
                let key = fault.key.flatMap { variables[$0] == nil ? nil : $0 }
                complain(
                    key.map { "PHOTOTUI_\($0.uppercased())" } ?? place, fault.error.whatHappened,
                    fault.error.whatToDo)
                unusableProfiles[name] = problems.last
            } catch {
                complain(place, "\(error)", "see docs/production.md")
                unusableProfiles[name] = problems.last
            }
        }
        return profiles
    }

    mutating func note(_ setting: ConfigurationSetting) { settings.append(setting) }

    mutating func complain(_ place: String, _ whatHappened: String, _ whatToDo: String) {
        problems.append(ConfigurationProblem(place: place, whatHappened: whatHappened, whatToDo: whatToDo))
    }

    /// A misspelt key is silent otherwise.
    mutating func complainAboutUnknownKeys() {
        let known = Set(settings.map(\.key)).union(["keys", "profiles", "prices", "keeper_names"])
        for key in file.table?.keys.sorted() ?? [] where !known.contains(key) {
            complain("\(file.path?.string ?? ""): \(key)", "there is no such key", "`phototui config` lists them")
        }
    }

    private mutating func value<Value>(
        _ key: String, _ standard: Value, _ meaning: String, expected: String, show: (Value) -> String,
        fromFile: (any TOMLValueConvertible) -> String?, parse: (String) -> Value?
    ) -> Value {
        let variable = "PHOTOTUI_" + key.uppercased()
        var chosen = (value: standard, source: ConfigurationSetting.Source.default)
        if let entry = file.table?[key] {
            if let parsed = fromFile(entry).flatMap(parse) {
                chosen = (parsed, .file)
            } else {
                complain(
                    "\(file.path?.string ?? ""): \(key)", "its value is not understood, and \(show(standard)) holds",
                    expected)
                misunderstood[key] = problems.last
            }
        }
        if let text = environment[variable], !text.isEmpty {
            if let parsed = parse(text) {
                chosen = (parsed, .environment)
                misunderstood[key] = nil
            } else {
                complain(variable, "its value is not understood, and \(show(chosen.value)) holds", expected)
            }
        }
        settings.append(
            ConfigurationSetting(
                key: key, value: show(chosen.value), source: chosen.source, variable: variable, meaning: meaning))
        return chosen.value
    }
}
