import Core
import Foundation
import Glibc
import SystemPackage

/// Answers that a script gives to the pairs of `duplicates calibrate --json`.
struct CalibrationAnswers: Decodable {
    struct Answer: Decodable {
        let first: PhotoID
        let second: PhotoID
        /// nil for a pair that is left for another time.
        let same: Bool?
    }

    let pairs: [Answer]

    /// More than a person answers in a lifetime.
    private static let mostBytes = 64 << 20

    /// The document that --json prints, with `"same"` in its pairs; or an object of `first`, `second` and `same` on each line.
    init(_ data: Data, named name: String) throws {
        let decoder = JSONDecoder()
        if let document = try? decoder.decode(CalibrationAnswers.self, from: data) {
            self = document
            return
        }
        var answers: [Answer] = []
        for (number, line) in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            if line.allSatisfy({ [9, 13, 32].contains($0) }) { continue }
            guard let answer = try? decoder.decode(Answer.self, from: Data(line)) else {
                throw EngineError(
                    .invalidInput, "line \(number + 1) of \(name) is no answer",
                    whatToDo: "write {\"first\": ID, \"second\": ID, \"same\": true} or false on each line")
            }
            answers.append(answer)
        }
        pairs = answers
    }

    /// From a file, or from standard input where `name` is `-`.
    static func read(_ name: String) async throws -> CalibrationAnswers {
        let data = try await BlockingQueue(label: "phototui.answers").run {
            let path = RawArguments.path(name)
            let file = try name == "-" ? FileDescriptor.standardInput : openForReading(path)
            defer { if name != "-" { try? file.close() } }
            var data = Data()
            var block = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = try block.withUnsafeMutableBytes { try file.read(into: $0) }
                if count == 0 { return data }
                data += block.prefix(count)
                guard data.count <= mostBytes else {
                    throw EngineError(.limitExceeded, "\(path.rawText) is larger than \(mostBytes >> 20) MiB")
                }
            }
        }
        return try CalibrationAnswers(data, named: name)
    }

    private static func openForReading(_ path: FilePath) throws -> FileDescriptor {
        do {
            return try FileDescriptor.open(path, .readOnly)
        } catch let error as Errno {
            throw EngineError(error, doing: "opening \(path.rawText)")
        }
    }
}
