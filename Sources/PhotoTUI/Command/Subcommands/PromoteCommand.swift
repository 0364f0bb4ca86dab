import ArgumentParser
import Core
import Foundation
import PhotoEngine
import SystemPackage
import Workflows

/// `phototui promote`.
struct PromoteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote",
        abstract: "Move a library from its folder to a profile's Postgres and bucket, or back.",
        discussion: """
            Everything goes: photos with their ids, albums, tags, marks, decisions and their undoing, faces, the trash, jobs, \
            the journal; originals, also those that are read in place, and renditions. Each object is verified where it has \
            come to, and every row compared, before anybody finds the library there. The library that it comes from stays as it \
            is. Stopped by Ctrl-C, a lost connection or a full disk, the same command goes on; nothing is sent twice.

            Back into a folder, originals are the files again that they were where these still hold the same bytes, else copies \
            in that folder.

            Examples:
              phototui promote --to home --dry-run       what would be sent, and what it costs
              phototui promote --to home                 the library of ~/.local/share/phototui
              phototui promote --library /media/old/phototui --to home --owner ada
              phototui promote --to home --verify        compare the two, and change nothing
              phototui promote --to home --abort         take away what was sent of one that was begun
              phototui promote --profile home --to ~/phototui
              phototui promote --to home --json | jq '.faults'

            Exit codes: 0 all is there, 1 failed, 2 some photos can't go over as they are, or the two differ, 130 stopped by \
            Ctrl-C.
            """)

    @Option(
        help: ArgumentHelp("The profile, or the folder, to move the library to.", valueName: "profile|dir"),
        completion: .custom(profileNames))
    var to: String

    @Option(
        help: ArgumentHelp("The library's folder, as everywhere.", valueName: "dir"), completion: .directory)
    var library: String?

    @Option(
        help: ArgumentHelp("The networked library to move into a folder, by its name.", valueName: "name"),
        completion: .custom(profileNames))
    var profile: String?

    @Option(
        help: ArgumentHelp(
            "Whose the photos are in the networked library, in place of the profile's owner.", valueName: "name"))
    var owner: String?

    @Flag(
        name: .customLong("leave-missing"),
        help: "Go on although files of photos are missing: these go over as missing photos.")
    var leavesMissing = false

    @Flag(name: .customLong("dry-run"), help: "Only say what would be sent, and what that and keeping it costs.")
    var isDryRun = false

    @Flag(help: "Compare a library with what an earlier promotion made of it, object by object and row by row.")
    var verify = false

    @Flag(
        name: .customLong("abort"),
        help:
            "Give up a promotion that was begun: what it brought is removed, the library it comes from stays as it is.")
    var isAborted = false

    @OptionGroup var budget: BudgetOptions
    @OptionGroup var output: JSONOption

    func validate() throws {
        if to.isEmpty { throw ValidationError("--to names a profile or a folder") }
        if library != nil, profile != nil { throw ValidationError("name a --library or a --profile, not both") }
        if [isDryRun, verify, isAborted].count(where: { $0 }) > 1 {
            throw ValidationError("--dry-run, --verify or --abort, not both")
        }
    }

    func run() async throws {
        let configuration = LibraryOptions.configuration()
        let (source, target) = try places(configuration)
        var request = PromotionRequest(
            from: source, to: target, mode: isDryRun ? .dryRun : verify ? .verify : isAborted ? .abort : .promote,
            leavesMissing: leavesMissing, actor: DuplicatesCommand.actor)
        request.isOverBudget = budget.overBudget
        let promotion = try Promotion(
            request, configuration: configuration, environment: ProcessInfo.processInfo.environment)
        let line = ProgressLine()
        let report: PromotionReport
        do {
            report = try await Interrupt.cancelling {
                line.clear()
            } work: {
                try await promotion.run { line.show($0) }
            }
        } catch is CancellationError {
            Console.complain("stopped; the same command goes on from here")
            throw ExitCode.interrupted
        } catch let error as EngineError where error.isRetryable || error.code == .noSpace {
            Console.complain("\(error)")
            if request.mode == .promote { Console.complain("the same command goes on from here") }
            throw ExitCode.failure
        }
        if output.json {
            try Console.line(PromotionFormat.json(report, from: source, to: target).encoded())
        } else {
            try Console.write(PromotionFormat.text(report, from: source, to: target))
        }
        for fault in report.objects.faults.prefix(output.json ? 0 : PromotionFormat.mostFaults) {
            Console.complain("\(fault.filename): \(fault.reason)")
        }
        if report.objects.faultCount > 0 || report.outcome == .verified && !report.differences.isEmpty {
            throw ExitCode.inPart
        }
    }

    /// Where the library is, and where it is to go.
    private func places(_ configuration: Configuration) throws -> (source: PromotionPlace, target: PromotionPlace) {
        var options = LibraryOptions.unnamed
        (options.library, options.profile) = (library, profile)
        let named = try options.profile(configuration)
        if let target = configuration.profiles[to] {
            let source: PromotionPlace =
                if let named { .profile(named) } else { .folder(absolute(options.location(configuration).folder)) }
            return (source, .profile(try owner.map(target.belonging(to:)) ?? target))
        }
        if let problem = configuration.unusableProfiles[to] {
            throw EngineError(.invalidInput, "\(problem.place): \(problem.whatHappened)", whatToDo: problem.whatToDo)
        }
        guard let named else {
            let names = configuration.profiles.keys.sorted().joined(separator: ", ")
            throw EngineError(
                .notFound, "there is no profile \(to)",
                whatToDo: (names.isEmpty ? "add [profiles.\(to)] to config.toml" : "the profiles are: \(names)")
                    + "; a networked library, named by --profile, goes to a folder")
        }
        return (
            .profile(try owner.map(named.belonging(to:)) ?? named), .folder(absolute(RawArguments.path(to)))
        )
    }

    private func absolute(_ folder: FilePath) -> FilePath {
        RawArguments.currentFolder.pushing(folder).lexicallyNormalized()
    }
}
