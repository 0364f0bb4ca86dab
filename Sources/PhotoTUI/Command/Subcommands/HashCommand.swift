import ArgumentParser
import Core
import Foundation
import Imaging
import PhotoEngine
import SystemPackage

/// `phototui hash FILE…`.
struct HashCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hash",
        abstract: "Print the SHA-256 and the pHash of pictures.",
        discussion: """
            Needs no library. The lines keep the order of the files. --full decodes at full size, and then the pHash is \
            bit for bit Python imagehash's; without, it may differ in a bit or two and takes a fraction of the time.

            Examples:
              phototui hash *.jpg
              phototui hash --full --json IMG_2041.jpg     a JSON line per file

            Exit codes: 0 all hashed, 2 some not, 1 none.
            """)

    @OptionGroup var output: JSONOption

    @Flag(help: "Decode at full size.")
    var full = false

    @Option(help: ArgumentHelp("Files at a time.", valueName: "n"))
    var workers: Int?

    @Argument(help: "Pictures.", completion: .file())
    var files: [String]

    func validate() throws {
        if let workers, !(1...256).contains(workers) { throw ValidationError("--workers takes 1 to 256") }
        if files.isEmpty { throw ValidationError("name a file to hash") }
    }

    func run() async throws {
        let count = workers ?? LibraryOptions.configuration(opensNone: true).workers
        let pool = DecoderPool(count: count)
        defer { pool.close() }
        let files = files.map { text in
            let path = RawArguments.path(text)
            return (path: path, absolute: RawArguments.currentFolder.pushing(path))
        }
        let full = full
        var failures = 0
        try await withThrowingTaskGroup(of: (Int, Outcome).self) { group in
            var (started, printed) = (0, 0)
            var waiting: [Int: Outcome] = [:]
            func startNext() {
                guard started < files.count else { return }
                let (index, path) = (started, files[started].absolute)
                group.addTask { (index, await Self.hash(path, full: full, pool)) }
                started += 1
            }
            for _ in 0..<count * 2 { startNext() }
            while let (index, outcome) = try await group.next() {
                waiting[index] = outcome
                startNext()
                while let next = waiting.removeValue(forKey: printed) {
                    if next.error != nil { failures += 1 }
                    try write(next, files[printed].path)
                    printed += 1
                }
            }
        }
        if failures == files.count { throw ExitCode.failure }
        if failures > 0 { throw ExitCode.inPart }
    }

    private struct Outcome: Sendable {
        var sha256: SHA256Digest?
        var perceptualHash: PerceptualHash?
        var error: String?
    }

    private static func hash(_ path: FilePath, full: Bool, _ pool: DecoderPool) async -> Outcome {
        do {
            let hashes = try await pool.hash(path, detail: full ? .full : .reduced)
            return Outcome(sha256: hashes.sha256, perceptualHash: hashes.perceptualHash)
        } catch {
            return Outcome(error: (error as? EngineError)?.description ?? "\(error)")
        }
    }

    private func write(_ outcome: Outcome, _ path: FilePath) throws {
        if output.json {
            let line: JSON = .object(
                JSON.path(path) + [
                    ("sha256", .text(outcome.sha256?.description)),
                    ("phash", .text(outcome.perceptualHash?.description)), ("error", .text(outcome.error)),
                ])
            try Console.line(line.encoded(isIndented: false))
        } else if let sha256 = outcome.sha256, let hash = outcome.perceptualHash {
            try Console.line("\(sha256)  \(hash)  \(ImportSummary.shown(path))")
        } else {
            Console.note("phototui: \(ImportSummary.shown(path)): \(outcome.error ?? "")\n")
        }
    }
}
