/// A key without its modifiers.
public enum Key: Hashable, Sendable {
    /// What the key types, shift included: "G" is shift and g.
    case character(Character)
    case enter, tab, escape, backspace, delete, insert
    case up, down, left, right, home, end, pageUp, pageDown
    case function(Int)
}

/// Modifier keys held. Shift is told only for keys that type nothing: "G" has none, shift-up has.
public struct KeyModifiers: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let shift = KeyModifiers(rawValue: 1)
    public static let alt = KeyModifiers(rawValue: 2)
    public static let control = KeyModifiers(rawValue: 4)
}

/// A key as a person presses it and as a config file names it.
public struct KeyPress: Hashable, Sendable, CustomStringConvertible {
    public var key: Key
    public var modifiers: KeyModifiers

    public init(_ key: Key, _ modifiers: KeyModifiers = []) {
        self.key = key
        self.modifiers = modifiers
    }

    /// The key that types a character.
    public init(_ character: Character, _ modifiers: KeyModifiers = []) {
        self.init(.character(character), modifiers)
    }

    /// Reads a key's name: modifiers (`ctrl-`, `alt-`, `shift-`) and a character, `space`, `enter`, `tab`, `esc`,
    /// `backspace`, `delete`, `insert`, an arrow (`up`…), `home`, `end`, `pageup`, `pagedown` or `f1` to `f24`.
    public init?(name: String) {
        var rest = name[...]
        var modifiers: KeyModifiers = []
        let prefixes: [(String, KeyModifiers)] = [("ctrl-", .control), ("alt-", .alt), ("shift-", .shift)]
        while let (prefix, modifier) = prefixes.first(where: { rest.hasPrefix($0.0) && rest.count > $0.0.count }) {
            modifiers.insert(modifier)
            rest = rest.dropFirst(prefix.count)
        }
        if let character = rest.first, rest.count == 1 {
            guard !modifiers.contains(.shift) else { return nil }
            self.init(character, modifiers)
        } else if let named = Self.names.first(where: { $0.name == rest }) {
            self.init(named.key, modifiers)
        } else if rest.first == "f", let number = Int(rest.dropFirst()), (1...24).contains(number) {
            self.init(.function(number), modifiers)
        } else {
            return nil
        }
    }

    /// The name `init(name:)` reads.
    public var description: String {
        var name = ""
        if modifiers.contains(.control) { name += "ctrl-" }
        if modifiers.contains(.alt) { name += "alt-" }
        if modifiers.contains(.shift) { name += "shift-" }
        if let named = Self.names.first(where: { $0.key == key }) { return name + named.name }
        switch key {
        case .character(let character): return name + String(character)
        case .function(let number): return name + "f\(number)"
        default: return name
        }
    }

    private static let names: [(name: String, key: Key)] = [
        ("space", .character(" ")), ("enter", .enter), ("tab", .tab), ("esc", .escape), ("backspace", .backspace),
        ("delete", .delete), ("insert", .insert), ("up", .up), ("down", .down), ("left", .left),
        ("right", .right), ("home", .home), ("end", .end), ("pageup", .pageUp), ("pagedown", .pageDown),
    ]
}
