import Core
import Foundation
import Glibc
import PhotoEngine
import SystemPackage

/// The library that `import library` takes from.
enum OtherLibrary {
    /// By a profile's name, else by its folder. Throws `.notFound`, and `.invalidInput` for the very library that is imported into.
    static func open(
        _ name: String, _ configuration: Configuration, beside options: LibraryOptions
    ) async throws -> Library {
        if let profile = configuration.profiles[name] {
            if try options.profile(configuration)?.name == name, options.owner == nil {
                throw EngineError(.invalidInput, "\(name) is the library to import into", whatToDo: "name another")
            }
            return try await Library.open(
                profile, configuration: configuration, environment: ProcessInfo.processInfo.environment,
                unknownOwner: .refused)
        }
        if let problem = configuration.unusableProfiles[name] {
            throw EngineError(.invalidInput, "\(problem.place): \(problem.whatHappened)", whatToDo: problem.whatToDo)
        }
        let folder = RawArguments.currentFolder.pushing(RawArguments.path(name)).lexicallyNormalized()
        let location = LibraryLocation(folder: folder)
        guard location.catalog.withPlatformString({ access($0, R_OK) }) == 0 else {
            let profiles = configuration.profiles.keys.sorted().joined(separator: ", ")
            throw EngineError(
                .notFound, "there is no library in \(name)",
                whatToDo: "name the folder that holds its catalog.sqlite"
                    + (profiles.isEmpty ? "" : ", or one of the profiles: \(profiles)"))
        }
        if try options.profile(configuration) == nil {
            let own = options.location(configuration).folder
            if real(own) == real(folder) {
                throw EngineError(.invalidInput, "\(name) is the library to import into", whatToDo: "name another")
            }
        }
        return try await Library.open(folder, configuration: configuration)
    }

    private static func real(_ path: FilePath) -> FilePath {
        path.withPlatformString { text in
            guard let resolved = realpath(text, nil) else { return path }
            // SAFETY: realpath allocated it; freed once, behind its last use.
            defer { free(resolved) }
            return FilePath(platformString: resolved)
        }
    }
}
