public import Core
public import Duplicates
public import SystemPackage
public import Workflows

/// What the user has chosen: `config.toml`, then the `PHOTOTUI_*` variables over it.
public struct Configuration: Sendable {
    /// The library's folder; nil for the default of `LibraryLocation`.
    public var library: FilePath?
    /// The name of a theme.
    public var theme: String
    /// Keys by action name, where they differ from the default.
    public var keys: [String: String]
    /// Photos processed at a time.
    public var workers: Int
    /// What is made of each photo.
    public var processingOptions: ProcessingOptions
    /// How much one import takes.
    public var importLimits: ImportLimits
    /// Where clamd is asked about new files; nil for nowhere.
    public var clamd: ClamdSettings?
    /// What of that is not understood: nothing is taken in then.
    public var clamdProblem: ConfigurationProblem?
    /// When originals are to be in which tier of the storage.
    public var tierRules: TierRules
    /// What the storage calls the tiers, where the configuration says so.
    public var tierClasses: StorageClasses
    /// Follow the library's folders while the app is open.
    public var watchesFolders: Bool
    /// How pictures are drawn: auto, truecolor, 256, 16, mono or ascii.
    public var graphics: String
    /// Whether pictures are held back where the line to the terminal is slow.
    public var pacesGraphics: Bool
    /// How long, and how large at most, the history of a broker's tasks is kept.
    public var history: TaskHistoryLimits
    /// What providers of storage charge.
    public var prices: [PriceList]
    /// What the storage may cost in a month, in US dollars; nil for as much as it does.
    public var budget: Double?
    /// Which photo of a duplicate cluster to keep.
    public var keeperRules: KeeperRules
    /// What of the keeper rules is not understood: nothing is decided by rules that the owner didn't mean.
    public var keeperProblem: ConfigurationProblem?
    /// How photos are compared, where nothing else is asked for.
    public var scanOptions: DuplicateScanOptions
    /// Named libraries, by name.
    public var profiles: [String: Profile]
    /// The profile that is used where none is named.
    public var profile: String?
    /// The file that was read, or would be.
    public var file: FilePath?
    /// What `graphics` may be.
    public static let graphicsNames = [
        "auto", "placeholders", "kitty", "iterm2", "sixel", "symbols", "truecolor", "256", "16", "mono", "ascii",
        linearGraphics,
    ]
    /// No screen at all: what changes is told line by line.
    public static let linearGraphics = "linear"
    /// Every key, with its value and where that came from, in the order of the documentation.
    public var settings: [ConfigurationSetting]
    /// What could not be understood; each such key keeps its default.
    public var problems: [ConfigurationProblem]
    /// Why it is not known which library the user means where none is named: the file, or the key that names it, is not
    /// understood. Whatever would be used instead is another library.
    public var undecided: ConfigurationProblem?
    /// The profiles that can't be used, by name, and why.
    public var unusableProfiles: [String: ConfigurationProblem]

    /// Reads `$XDG_CONFIG_HOME/phototui/config.toml` (else `~/.config/phototui/config.toml`, or the file that
    /// `PHOTOTUI_CONFIG` names) and the environment. Never throws: what is wrong is in `problems`.
    public static func load(environment: [String: String]) -> Configuration {
        let reading = ConfigurationFile.read(environment: environment)
        var reader = ConfigurationReader(file: reading, environment: environment)
        let library = reader.text("library", default: "", "The library's folder; empty for the default.")
        let theme = reader.text(
            "theme", default: "auto",
            "The colours: a name in the themes folder; auto is light or dark as the terminal is.")
        let workers = reader.number("workers", default: 2, in: 1...256, "Photos processed at a time.")
        let formats = reader.text(
            "rendition_formats", default: "webp", separator: " ",
            "Formats of the renditions, separated by blanks: webp, avif, jpeg; webp is always made.")
        let renditionSizes = reader.renditionSizes()
        let batchFiles = reader.number(
            "batch_files", default: 0, in: 0...1_000_000_000,
            "New photos that one import takes at most; the next takes the rest. 0 for any number.")
        let fileMegabytes = reader.number(
            "file_megabytes", default: 0, in: 0...1_000_000,
            "How large a file may be to be imported or uploaded. 0 for any size that can be decoded.")
        let (clamd, clamdProblem) = reader.clamd()
        let tierRules = TierRules(
            warmAfterDays: reader.number(
                "tier_warm_days", default: TierRules().warmAfterDays, in: 0...36_500,
                "After how many days in the library an original is to be in the warm tier."),
            coldAfterDays: reader.number(
                "tier_cold_days", default: TierRules().coldAfterDays, in: 0...36_500,
                "After how many it is to be in the cold one."))
        let tierClasses = StorageClasses(
            warm: reader.storageClass("tier_warm_class", "warm"), cold: reader.storageClass("tier_cold_class", "cold"))
        let full = reader.flag("full_hash", default: false, "Compute each pHash on a full-size decode.")
        let watches = reader.flag("watch", default: true, "Follow the library's folders while the app is open.")
        let graphics = reader.text(
            "graphics", default: "auto", among: Self.graphicsNames,
            "How pictures are drawn: auto; placeholders, kitty, iterm2 or sixel; symbols; or truecolor, 256, 16, mono, ascii; "
                + "linear tells what changes line by line, for screen readers.")
        let pace = reader.text(
            "graphics_pace", default: "auto", among: ["auto", "off"],
            "Whether pictures wait, and come coarse first, where the line to the terminal is slow: auto or off.")
        let historyDays = reader.number(
            "history_days", default: 14, in: 1...3650, "How many days phototui jobs watch keeps the history of tasks.")
        let historyMegabytes = reader.number(
            "history_megabytes", default: 1000, in: 10...1_000_000, "How large that history may become.")
        let budget = reader.text(
            "budget", default: "", "What the storage may cost in a month, in US dollars; empty for no limit.")
        if !budget.isEmpty, Double(budget).map({ $0 > 0 && $0.isFinite }) != true {
            reader.complain("budget", "\"\(budget)\" is no sum", "write a number between quotes: budget = \"12.50\"")
        }
        let prices = reader.prices()
        let (keeperRules, keeperProblem) = reader.keeperRules(home: environment["HOME"])
        let scanOptions = DuplicateScanOptions(
            distance: reader.number(
                "scan_distance", default: DuplicateScanOptions().distance, in: DuplicateScanOptions.distances,
                "The most bits in which the hashes of duplicates may differ."),
            turns: reader.flag("scan_orientations", default: false, "Find turned and mirrored copies, too."))
        let profile = reader.text("profile", default: "", "The profile to use; empty for the library's folder.")
        let profiles = reader.profiles()
        let keys = reader.keys()
        var renditionFormats = [RenditionFormat.webp]
        for name in formats.split(separator: " ") {
            guard let format = RenditionFormat(rawValue: String(name)) else {
                reader.complain("rendition_formats", "\"\(name)\" is no format", "write webp, avif or jpeg")
                continue
            }
            if !renditionFormats.contains(format) { renditionFormats.append(format) }
        }
        reader.complainAboutUnknownKeys()
        return Configuration(
            library: library.isEmpty ? nil : FilePath(library), theme: theme, keys: keys, workers: workers,
            processingOptions: ProcessingOptions(
                sizes: renditionSizes, formats: renditionFormats, usesFullHash: full),
            importLimits: ImportLimits(
                files: batchFiles > 0 ? batchFiles : nil,
                bytesPerFile: fileMegabytes > 0 ? ByteCount(Int64(fileMegabytes) * 1_000_000) : nil),
            clamd: clamd, clamdProblem: clamdProblem, tierRules: tierRules, tierClasses: tierClasses,
            watchesFolders: watches, graphics: graphics, pacesGraphics: pace == "auto",
            history: TaskHistoryLimits(days: Double(historyDays), bytes: Int64(historyMegabytes) * 1_000_000),
            prices: prices, budget: Double(budget).flatMap { $0 > 0 && $0.isFinite ? $0 : nil },
            keeperRules: keeperRules, keeperProblem: keeperProblem, scanOptions: scanOptions, profiles: profiles,
            profile: profile.isEmpty ? nil : profile, file: reading.path,
            settings: reader.settings, problems: reader.problems,
            undecided: reading.problem ?? reader.misunderstood["profile"] ?? reader.misunderstood["library"],
            unusableProfiles: reader.unusableProfiles)
    }
}

/// One key of the configuration.
public struct ConfigurationSetting: Hashable, Sendable {
    public enum Source: Hashable, Sendable {
        case `default`
        case file
        case environment
    }

    /// As in the file: `theme`, `keys.next_photo`.
    public let key: String
    public let value: String
    public let source: Source
    /// The `PHOTOTUI_*` variable that sets it.
    public let variable: String
    /// What it does, one sentence.
    public let meaning: String

    public init(key: String, value: String, source: Source, variable: String, meaning: String) {
        self.key = key
        self.value = value
        self.source = source
        self.variable = variable
        self.meaning = meaning
    }
}

/// A key or value that could not be understood.
public struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
    /// The file and line, or the variable: `config.toml:12`.
    public let place: String
    /// Untrusted text.
    public let whatHappened: String
    public let whatToDo: String

    public init(place: String, whatHappened: String, whatToDo: String) {
        self.place = place
        self.whatHappened = whatHappened
        self.whatToDo = whatToDo
    }

    public var description: String { "\(place): \(whatHappened): \(whatToDo)" }
}
