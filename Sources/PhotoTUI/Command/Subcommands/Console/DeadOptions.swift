import ArgumentParser
import Core
import Foundation
import Glibc
import Jobs
import PhotoEngine
import SystemPackage

/// Where dead letters are looked for.
struct DeadOptions: ParsableArguments {
    @OptionGroup var libraryOptions: LibraryOptions
    @Option(
        help: ArgumentHelp(
            "This Celery broker on Redis alone (default: PHOTOTUI_BROKER, else the profile's).", valueName: "url"))
    var broker: String?

    /// What could not be looked at is told, and then the exit code says so.
    func withPlace(_ body: (DeadPlace) async throws -> Void) async throws {
        let configuration = LibraryOptions.configuration(warns: false)
        let isForeign = try BrokerOptions.namesForeignBroker(broker, libraryOptions)
        let profile = isForeign ? nil : try libraryOptions.profile(configuration)
        let environment = ProcessInfo.processInfo.environment
        let hasBroker =
            try await RedisAddress.broker(option: broker, profile: profile, environment: environment) != nil
        let hasLibrary =
            !isForeign
            && (profile != nil || libraryOptions.library != nil
                || libraryOptions.location(configuration).catalog.withPlatformString { access($0, F_OK) } == 0)
        let opened = hasBroker || !hasLibrary ? try await OpenConsole.open(broker: broker, profile: profile) : nil
        var problem: EngineError?
        var library: Library?
        if hasLibrary {
            do {
                library = try await libraryOptions.open(LibraryOptions.configuration())
            } catch let error as EngineError where opened != nil {
                problem = error
            } catch {
                await opened?.close()
                throw error
            }
        }
        var history: (any TaskHistory)?
        do {
            if let opened {
                let file = TaskHistoryFile(opened.redis, environment: environment)
                if file.exists { history = try await file.open(toWrite: true) }
            }
            try await body(
                DeadPlace(
                    opened: opened, library: library, owner: library == nil ? nil : profile?.owner, history: history,
                    hasLibrary: hasLibrary))
        } catch {
            await Self.close(opened, library, history)
            throw error
        }
        await Self.close(opened, library, history)
        if let problem {
            Console.complain("the library's dead jobs are not among them: \(problem.description)")
            throw ExitCode.inPart
        }
    }

    private static func close(_ opened: OpenConsole?, _ library: Library?, _ history: (any TaskHistory)?) async {
        await history?.close()
        await library?.close()
        await opened?.close()
    }

    /// What a command line names the place by.
    var words: [String] {
        if let broker { return ["--broker", ConsoleCommand.withoutPassword(broker)] }
        if let profile = libraryOptions.profile { return ["--profile", profile] }
        return libraryOptions.library.map { ["--library", $0] } ?? []
    }
}
