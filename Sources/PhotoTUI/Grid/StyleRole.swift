/// What a piece of the screen is, which a theme turns into colours: screens and widgets name roles, never colours.
public enum StyleRole: UInt8, CaseIterable, Sendable {
    /// Ordinary text on the ordinary background.
    case text
    /// Text of less weight: units, separators, what is already known.
    case dim
    /// The program's name and a screen's title.
    case title
    case tab
    case tabActive
    /// A section head, as a month on the timeline.
    case heading
    /// The line under a heading: counts and places.
    case subheading
    /// The row or box the keyboard is on.
    case cursor
    /// What belongs to a range being selected.
    case selection
    /// A photo or row marked for an action.
    case marked
    case border
    case borderFocused
    case status
    case statusProgress
    case success
    case warning
    case error
    /// A small coloured word or number: a rating, a count, a tier.
    case badge
    /// A key's name, in the footer and in help.
    case key
    case keyDescription
    /// An action that can't be taken now, shown with its reason.
    case disabled
    case scrubber
    case scrubberCurrent
    case field
    case fieldFocused
    case placeholder
    /// The body of a dialog or palette.
    case dialog
    case dialogTitle
    case dialogBorder
    case button
    case buttonFocused
    /// Letters that matched a filter or search.
    case match
    case tableHeader
    case sparkline
    case progress
    case progressTrack
    /// A thumbnail that isn't there yet.
    case thumbnailEmpty
    /// A photo whose file is missing or quarantined.
    case thumbnailFailed
    case label
    case value
    /// A value in which a photo differs from the one it is compared with.
    case different

    /// The role's name in a theme file, in snake_case: `tab_active`.
    public var name: String { Self.names[Int(rawValue)] }

    /// The role a theme file names, or nil when there is none.
    public init?(name: String) {
        guard let index = Self.names.firstIndex(of: name) else { return nil }
        self.init(rawValue: UInt8(index))
    }

    private static let names: [String] = allCases.map { role in
        String(describing: role).reduce(into: "") { name, character in
            name += character.isUppercase ? "_" + character.lowercased() : String(character)
        }
    }
}
