import Core
import Foundation
import Imaging
import PhotoEngine
import SystemPackage

/// The configuration, the decoder, and what the kernel allows.
enum MachineExamination {
    static func checks(_ configuration: Configuration) -> [Check] {
        var checks: [Check] = []
        checks.append(
            Check(
                "Configuration", "file", .ok,
                configuration.file.map {
                    $0.string + (FileManager.default.fileExists(atPath: $0.string) ? "" : " (not there; defaults hold)")
                } ?? "none"))
        checks += configuration.problems.map {
            Check("Configuration", $0.place, .fail, $0.whatHappened, whatToDo: $0.whatToDo)
        }
        do {
            let path = try DecoderPool.locate()
            checks.append(Check("Decoder", "phototui-decoder", .ok, path.string))
        } catch {
            let fault = error as? EngineError
            checks.append(
                Check(
                    "Decoder", "phototui-decoder", .fail, fault?.whatHappened ?? "\(error)", whatToDo: fault?.whatToDo))
        }
        checks.append(seccomp())
        if let text = try? String(contentsOfFile: "/proc/sys/fs/inotify/max_user_watches", encoding: .utf8),
            let limit = Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
        {
            let isLow = limit < 8192
            checks.append(
                Check(
                    "Machine", "folders that can be watched", isLow ? .warning : .ok, "\(limit)",
                    whatToDo: isLow ? "raise it with: sysctl fs.inotify.max_user_watches=65536" : nil))
        }
        return checks
    }

    private static func seccomp() -> Check {
        let actions = try? String(contentsOfFile: "/proc/sys/kernel/seccomp/actions_avail", encoding: .utf8)
        guard let actions, actions.contains("errno") || actions.contains("kill_process") else {
            return Check(
                "Decoder", "sandbox", .warning, "this kernel does not offer seccomp",
                whatToDo: "decoders then run under resource limits alone: open only photos you trust")
        }
        return Check("Decoder", "sandbox", .ok, "seccomp")
    }
}
