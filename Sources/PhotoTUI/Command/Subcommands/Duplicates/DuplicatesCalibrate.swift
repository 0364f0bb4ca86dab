import ArgumentParser
import Core
import Foundation
import Glibc
import PhotoEngine
import Workflows

/// `phototui duplicates calibrate`.
struct DuplicatesCalibrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calibrate",
        abstract: "Look at some pairs, to learn how far what a scan finds can be trusted in this library.",
        discussion: """
            Shows the photo that a cluster's proposal keeps beside the one farthest from it, and asks whether they are the same \
            picture: pairs of each distance in turns, one of a cluster, chosen by chance. From the answers it prints how often \
            that is so by distance, with the 95 % confidence interval (Wilson's), and notes the farthest distance up to \
            which at least --precision of them are the same: `duplicates resolve --calibrated` goes that far and no farther. \
            Every answer is kept as it is given: the next run goes on with other pairs, Ctrl-C loses none.

            What was answered "no" is left alone by whatever resolves many clusters at once. With --decide it also holds for \
            every later scan, as `duplicates not-duplicate` does.

            For scripts, --json prints the pairs, and --answers takes that document with "same" set to true or false in its \
            pairs, or such an object on each line.

            Examples:
              phototui duplicates calibrate
              phototui duplicates calibrate --pairs 0                       only what the answers so far show
              phototui duplicates calibrate --pairs 0 --precision 0.95      ask for more, from the answers there are
              phototui duplicates calibrate --json > pairs.json
              phototui duplicates calibrate --answers answers.json --json | jq .threshold

            Exit codes: 0 done, 1 failed, 2 some answers are about photos that share a cluster no more, 130 stopped by Ctrl-C.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    @Option(help: ArgumentHelp("At most so many pairs, 0 to 1000.", valueName: "n"))
    var pairs = 50

    @Option(
        help: ArgumentHelp(
            "The share that must be the same picture, above 0.5 and below 1; else what was asked for last, or 0.9.",
            valueName: "share"))
    var precision: Double?

    @Option(help: ArgumentHelp("Take the answers from this file (- for stdin), and ask nobody.", valueName: "file"))
    var answers: String?

    @Flag(help: "A \"no\" is a decision, too: the two photos are never put together again.")
    var decide = false

    @OptionGroup var why: ReasonOption

    private static let usualPrecision = 0.9

    static func validate(_ precision: Double) throws {
        if !(precision > 0.5 && precision < 1) {
            throw ValidationError("--precision takes a share above 0.5 and below 1")
        }
    }

    func validate() throws {
        if !(0...1000).contains(pairs) { throw ValidationError("--pairs takes 0 to 1000") }
        if let precision { try Self.validate(precision) }
        if changes { try why.require(for: libraryOptions) }
        if answers == nil, !output.json, pairs > 0, isatty(STDIN_FILENO) == 0 || !Console.errorIsTerminal {
            throw ValidationError(
                "pairs are shown on a terminal; elsewhere --json prints them, --answers takes answers, --pairs 0 asks nothing"
            )
        }
    }

    /// Whether something is answered or asked for: who only looks changes nothing.
    private var changes: Bool { decide || answers != nil || precision != nil || (!output.json && pairs > 0) }

    func run() async throws {
        let refused = try await libraryOptions.withLibrary { library in
            let calibration = library.duplicateCalibration()
            let given = try await record(calibration)
            if answers == nil, !output.json, pairs > 0 { try await ask(library, calibration) }
            let decided = try await calibration.decided()
            let precision = precision ?? decided?.precision ?? Self.usualPrecision
            if changes {
                _ = try await calibration.calibrate(
                    precision: precision, actor: DuplicatesCommand.actor, reason: why.reason)
            }
            let curve = try await calibration.curve()
            if output.json {
                let left = try await calibration.pairs(limit: pairs)
                let fields: [(name: String, value: JSON)] = [
                    ("pairs", .array(left.map { CalibrationFormat.json($0, in: library) })),
                    ("recorded", .count(given.recorded)),
                    (
                        "refused",
                        .array(
                            given.refused.map {
                                .object([
                                    "first": .string($0.answer.first.description),
                                    "second": .string($0.answer.second.description),
                                    "reason": .rawText($0.error.description),
                                ])
                            })
                    ),
                ]
                let figures = CalibrationFormat.json(curve, precision: precision)
                try Console.line(JSON.object(fields + figures).encoded())
            } else {
                try await Console.write(
                    CalibrationFormat.text(curve, precision: precision, isExhausted: calibration.isExhausted()))
            }
            return given.refused
        }
        for item in refused { Console.complain(item.error.description) }
        if !refused.isEmpty { throw ExitCode.inPart }
    }

    private struct Given {
        var recorded = 0
        var refused: [(answer: CalibrationAnswers.Answer, error: EngineError)] = []
    }

    private func record(_ calibration: DuplicateCalibration) async throws -> Given {
        var given = Given()
        guard let answers else { return given }
        for answer in try await CalibrationAnswers.read(answers).pairs {
            guard let isSame = answer.same else { continue }
            do {
                try await calibration.answer(
                    answer.first, answer.second, isSame: isSame, decides: decide, actor: DuplicatesCommand.actor,
                    reason: why.reason)
                given.recorded += 1
            } catch let error as EngineError where error.code == .conflict {
                given.refused.append((answer, error))
            }
        }
        return given
    }

    private func ask(_ library: Library, _ calibration: DuplicateCalibration) async throws {
        let session = CalibrationSession(
            library: library, calibration: calibration, decides: decide, reason: why.reason)
        do {
            try await Interrupt.cancelling {
                Console.note("\n")
            } work: { [pairs] in
                let found = try await calibration.pairs(limit: pairs)
                if found.isEmpty {
                    Console.note("there is no pair that nobody was asked about: phototui duplicates scan finds more\n")
                }
                try await session.ask(found)
            }
        } catch is CancellationError {
            Console.complain("stopped; every answer is kept, and the same command goes on with other pairs")
            throw ExitCode.interrupted
        }
    }
}
