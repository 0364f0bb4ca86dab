public import Core
internal import Foundation
internal import Scanning
internal import SystemPackage
internal import Workflows

/// Where clamd is, and what becomes of files of which it gives no verdict.
public struct ClamdSettings: Hashable, Sendable {
    public let address: String
    public let takesUnscanned: Bool
    /// How long the verdict of one file may take.
    public let seconds: Int
}

extension ConfigurationReader {
    /// `scan`, `scan_failure` and `scan_seconds`.
    mutating func clamd() -> (ClamdSettings?, ConfigurationProblem?) {
        let address = text(
            "scan", default: "",
            "Where clamd is asked about new files: the path of its socket, or host:port; empty for nowhere.")
        let failure = text(
            "scan_failure", default: "refuse", among: ["refuse", "take"],
            "What becomes of files of which clamd gives no verdict: refuse or take.")
        let seconds = number(
            "scan_seconds", default: 60, in: 1...3600, "How long clamd's verdict of one file may take.")
        if let problem = misunderstood["scan"] { return (nil, problem) }
        guard !address.isEmpty else { return (nil, nil) }
        do {
            _ = try ClamdAddress(address)
        } catch {
            let fault = error as? EngineError
            complain("scan", fault?.whatHappened ?? "it is no address", fault?.whatToDo ?? "")
            return (nil, problems.last)
        }
        return (
            ClamdSettings(address: address, takesUnscanned: failure == "take", seconds: seconds), nil
        )
    }
}

extension Configuration {
    /// What has new files scanned; nil where nothing does.
    var scanning: MalwareScanning? {
        scanner.map { MalwareScanning($0, takesUnscanned: clamd?.takesUnscanned ?? false) }
    }

    private var scanner: (any MalwareScanner)? {
        // Who means to have files scanned is not to have them taken in unscanned for a misspelt address.
        if let clamdProblem { return UnknownScanner(problem: clamdProblem) }
        guard let clamd, let address = try? ClamdAddress(clamd.address) else { return nil }
        return ClamdScanner(address, seconds: Double(clamd.seconds))
    }

    /// Whether clamd answers, and finds what it is to find; nil where nobody asks it.
    public func clamdFinding() async -> Finding? {
        guard let scanner else { return nil }
        do {
            let version = try await scanner.version()
            guard try await scanner.findsTestFile() else {
                return Finding(
                    "clamd", .warning, "\(version) answers, and doesn't find the EICAR test file",
                    whatToDo: "see whether it has signatures: freshclam gets them")
            }
            return Finding("clamd", .ok, "\(version), which finds the EICAR test file")
        } catch {
            return Finding("clamd", failed: error)
        }
    }
}

/// In place of one whose address is not understood.
private struct UnknownScanner: MalwareScanner {
    let problem: ConfigurationProblem

    private var fault: EngineError {
        EngineError(
            .unavailable, "where clamd is is not known, as \(problem.whatHappened) (\(problem.place))",
            whatToDo: problem.whatToDo)
    }

    func scan(_ file: FilePath) async throws -> MalwareVerdict { throw fault }
    func version() async throws -> String { throw fault }
    func findsTestFile() async throws -> Bool { throw fault }
}
