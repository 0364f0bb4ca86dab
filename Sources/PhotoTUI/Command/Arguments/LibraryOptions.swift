import ArgumentParser
import Core
import Foundation
import Glibc
import PhotoEngine
import SystemPackage

/// `--library`, and how a subcommand comes to its library.
struct LibraryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The library's folder (default: PHOTOTUI_LIBRARY, else library in config.toml, else ~/.local/share/phototui).",
            valueName: "dir"),
        completion: .directory)
    var library: String?

    @Option(help: ArgumentHelp("A networked library of config.toml, by its name.", valueName: "name"))
    var profile: String?

    @Option(
        help: ArgumentHelp(
            "Another owner of a networked library, who must be known, in place of the profile's.", valueName: "name"))
    var owner: String?

    /// As where nothing is given; what the parser has not seen can't be read.
    static var unnamed: LibraryOptions {
        var options = LibraryOptions()
        (options.library, options.profile, options.owner) = (nil, nil, nil)
        return options
    }

    func validate() throws {
        if library != nil, profile != nil { throw ValidationError("name a --library or a --profile, not both") }
        if library != nil, owner != nil {
            throw ValidationError("--owner goes with a networked library: one in a folder has one owner")
        }
    }

    /// The options that name a networked library, as they were given.
    var networked: [String] { (profile.map { ["--profile", $0] } ?? []) + (owner.map { ["--owner", $0] } ?? []) }

    /// Whether the command names the folder, before or behind the subcommand.
    private var namesFolder: Bool {
        library != nil || (profile == nil && Invocation(RawArguments.current).library != nil)
    }

    /// Why it is not known which library is meant; nil where the command names one, or the configuration is understood.
    func undecided(_ configuration: Configuration) -> EngineError? {
        guard !namesFolder, let problem = configuration.undecided else { return nil }
        return EngineError(
            .invalidInput, "\(problem.place): \(problem.whatHappened): which library is meant is not known",
            whatToDo: "\(problem.whatToDo); or name a library with --library DIR")
    }

    /// The profile that is asked for; nil for an embedded library. Throws `.notFound` for a name that no profile has, and
    /// `.invalidInput` for one that can't be used, or where it is not known which library is meant.
    func profile(_ configuration: Configuration) throws -> Profile? {
        if let error = undecided(configuration) { throw error }
        guard !namesFolder, let name = profile ?? configuration.profile else {
            if owner == nil { return nil }
            throw EngineError(
                .invalidInput, "--owner goes with a networked library: one in a folder has one owner",
                whatToDo: "name it with --profile NAME")
        }
        guard let profile = configuration.profiles[name] else {
            if let problem = configuration.unusableProfiles[name] {
                throw EngineError(
                    .invalidInput, "\(problem.place): \(problem.whatHappened)", whatToDo: problem.whatToDo)
            }
            let names = configuration.profiles.keys.sorted().joined(separator: ", ")
            throw EngineError(
                .notFound, "there is no profile \(name)",
                whatToDo: names.isEmpty ? "add [profiles.\(name)] to config.toml" : "the profiles are: \(names)")
        }
        return try owner.map(profile.belonging(to:)) ?? profile
    }

    /// What becomes of an unknown owner where photos come in: the configuration's is added, one named by `--owner` never is.
    func unknownOwner(adds: Bool, isPreview: Bool = false) -> Library.UnknownOwner {
        if owner != nil { return .refused }
        return isPreview ? .imagined : adds ? .added : .refused
    }

    /// The configuration; what is wrong with it goes to stderr, and its defaults stand. What keeps a library from being
    /// opened is left to `profile`, which throws it, unless the command `opensNone`.
    static func configuration(warns: Bool = true, opensNone: Bool = false) -> Configuration {
        let configuration = Configuration.load(environment: ProcessInfo.processInfo.environment)
        let thrown = [configuration.undecided].compactMap(\.self) + configuration.unusableProfiles.values
        for problem in configuration.problems where warns && (opensNone || !thrown.contains(problem)) {
            Console.complain("config: \(problem.description)")
        }
        return configuration
    }

    func location(_ configuration: Configuration) -> LibraryLocation {
        if let library { return LibraryLocation(folder: RawArguments.path(library)) }
        // Not from ProcessInfo's environment, which is text: a name may hold any bytes.
        // SAFETY: the C string is copied before anything can change the environment.
        if let named = getenv("PHOTOTUI_LIBRARY"), named.pointee != 0 {
            return LibraryLocation(folder: FilePath(platformString: named))
        }
        if let folder = configuration.library { return LibraryLocation(folder: folder) }
        return LibraryLocation(option: nil, environment: ProcessInfo.processInfo.environment)
    }

    /// Opens the library, creating it only when `creates`. A preview neither creates nor needs one. The owner of a networked
    /// library is added when `creates`, or `addsOwner`.
    func open(
        _ configuration: Configuration, creates: Bool = false, isPreview: Bool = false, addsOwner: Bool = false
    ) async throws -> Library {
        AddressedHints.remember(self)
        if let profile = try profile(configuration) {
            return try await Library.open(
                profile, configuration: configuration, environment: ProcessInfo.processInfo.environment,
                unknownOwner: unknownOwner(adds: creates || addsOwner, isPreview: isPreview))
        }
        if let problem = configuration.undecided { Console.complain("config: \(problem.description)") }
        let location = location(configuration)
        let absence = location.catalog.withPlatformString { access($0, F_OK) == 0 ? 0 : errno }
        guard [0, ENOENT, ENOTDIR].contains(absence) else {
            throw EngineError(Errno(rawValue: absence), doing: "looking for a library in \(location.folder.rawText)")
        }
        if !creates, !isPreview, absence != 0 {
            throw EngineError(
                .notFound, "there is no library in \(location.folder.rawText)",
                whatToDo: "start one with: phototui import PATH, or name another with --library DIR")
        }
        return try await Library.open(location.folder, configuration: configuration, isPreview: isPreview)
    }

    /// Opens the library that must be there, and closes it behind `body`.
    func withLibrary<Value>(_ body: (Library) async throws -> Value) async throws -> Value {
        let library = try await open(Self.configuration())
        do {
            let value = try await body(library)
            await library.close()
            return value
        } catch {
            await library.close()
            throw error
        }
    }
}

/// `--json`.
struct JSONOption: ParsableArguments {
    @Flag(help: "Print one JSON document and nothing else on stdout.")
    var json = false
}
