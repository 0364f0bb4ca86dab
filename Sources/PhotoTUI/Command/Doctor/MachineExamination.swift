import Core
import Foundation
import Imaging
import PhotoEngine
import SystemPackage

/// The configuration, and the decoder, which is started to see it work.
enum MachineExamination {
    static func checks(_ configuration: Configuration) async -> [Check] {
        var checks: [Check] = []
        checks.append(
            Check(
                "Configuration", "file", .ok,
                configuration.file.map {
                    $0.rawText
                        + (FileManager.default.fileExists(atPath: $0.string) ? "" : " (not there; defaults hold)")
                } ?? "none"))
        checks += configuration.everyProblem.map {
            Check("Configuration", $0.place, .fail, $0.whatHappened, whatToDo: $0.whatToDo)
        }
        return checks + (await decoder())
    }

    /// Starts a decoder and asks it; the sandbox is what the kernel says of that process.
    private static func decoder() async -> [Check] {
        let area = "Decoder"
        let pool = DecoderPool(count: 1, limits: DecoderLimits(wallSeconds: 10))
        defer { pool.close() }
        let program = "phototui-decoder"
        do {
            let path = try DecoderPool.locate()
            do {
                let examination = try await pool.examine()
                return [Check(area, program, .ok, "\(path.rawText), of this version")]
                    + examination.description.libraries.map { Check(area, $0.name, .ok, $0.version) }
                    + [sandbox(examination)]
            } catch {
                return [failure(area, program, error, at: path)]
            }
        } catch {
            return [failure(area, program, error, at: nil)]
        }
    }

    private static func sandbox(_ examination: DecoderExamination) -> Check {
        let mode = examination.seccompMode.map { "Seccomp: \($0)" } ?? "the kernel does not tell"
        if examination.isConfined {
            return Check("Decoder", "sandbox", .ok, "holds: opening a file was refused (\(mode))")
        }
        return Check(
            "Decoder", "sandbox", .fail,
            (examination.description.isRefusedFiles ? "no system call filter" : "a decoder could open a file")
                + " (\(mode))",
            whatToDo: "open only photos you trust, and report it with the kernel's version (uname -r)")
    }

    private static func failure(_ area: String, _ name: String, _ error: any Error, at path: FilePath?) -> Check {
        let fault = error as? EngineError
        let place = path.map { "\($0.rawText): " } ?? ""
        return Check(area, name, .fail, place + (fault?.whatHappened ?? "\(error)"), whatToDo: fault?.whatToDo)
    }
}
