import ArgumentParser
import Core
import PhotoEngine

/// `phototui doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check the terminal, the configuration, the decoder and the library, or a profile's servers.",
        discussion: """
            For a profile it looks at Postgres (version, extensions, role, schema, row-level security, pooler, clock), the \
            bucket (a small object is written, read and deleted; versions, lifecycle, privacy) and the broker \
            (persistence, memory, rights, workers). No secret is shown.

            Examples:
              phototui doctor
              phototui doctor --profile prod
              phototui doctor --json | jq '.checks[] | select(.status != "ok")'

            Exit codes: 0 nothing fails (warnings may stand), 1 something fails.
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var graphics: GraphicsOption
    @OptionGroup var output: JSONOption

    func run() async throws {
        let configuration = graphics.applied(to: LibraryOptions.configuration(warns: false))
        let location = libraryOptions.location(configuration)
        var checks = TerminalExamination.checks(graphics: configuration.graphics)
        checks += await MachineExamination.checks(configuration)
        if let clamd = await configuration.clamdFinding() { checks.append(Check(clamd, in: "Malware")) }
        if let error = libraryOptions.undecided(configuration) {
            checks.append(
                Check(
                    "Library", "which", .fail, "not known, as the configuration is not understood",
                    whatToDo: error.whatToDo))
        } else if let profile = try libraryOptions.profile(configuration) {
            checks += await NetworkExamination.checks(profile)
        } else {
            let library = await LibraryExamination.checks(location, configuration)
            checks += library.checks
            checks += WatchExamination.checks(folders: library.folders, isOn: configuration.watchesFolders)
        }
        let worst = checks.map(\.status).max() ?? .ok
        if output.json {
            let document: JSON = .object([
                "status": .string(worst.name), "version": .string(Phototui.version),
                "checks": .array(
                    checks.map { check in
                        .object([
                            "area": .string(check.area), "name": .string(check.name),
                            "status": .string(check.status.name), "value": .rawText(check.value),
                            "what_to_do": check.whatToDo.map { .rawText($0) } ?? .null,
                        ])
                    }),
            ])
            try Console.line(document.encoded())
        } else {
            var area = ""
            for check in checks {
                if check.area != area { try Console.line((area.isEmpty ? "" : "\n") + Ink.bold(check.area)) }
                area = check.area
                try Console.line(
                    "  \(check.status.mark)  \(RawArguments.shown(check.name)): \(RawArguments.shown(check.value))")
                if let advice = check.whatToDo { try Console.line("        \(RawArguments.shown(advice))") }
            }
        }
        if worst == .fail { throw ExitCode.failure }
    }
}

/// One thing that doctor looked at.
struct Check {
    enum Status: Int, Comparable {
        case ok, warning, fail

        var name: String {
            switch self {
            case .ok: "ok"
            case .warning: "warn"
            case .fail: "fail"
            }
        }

        var mark: String {
            switch self {
            case .ok: Ink.good("ok  ")
            case .warning: Ink.warning("warn")
            case .fail: Ink.bad("FAIL")
            }
        }

        static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    let area: String
    let name: String
    let status: Status
    /// What was found; untrusted text, as `RawArguments` writes paths.
    let value: String
    let whatToDo: String?

    init(_ area: String, _ name: String, _ status: Status, _ value: String, whatToDo: String? = nil) {
        (self.area, self.name, self.status) = (area, name, status)
        (self.value, self.whatToDo) = (value, whatToDo.flatMap { $0.isEmpty ? nil : $0 })
    }
}
