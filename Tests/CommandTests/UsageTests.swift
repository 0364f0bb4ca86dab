import Foundation
import Testing

@Suite("Usage")
struct UsageTests {
    @Test(
        "Every subcommand's help has examples",
        arguments: [
            "open", "import", "photos", "months", "show", "hash", "jobs", "jobs list", "jobs show", "jobs retry",
            "jobs cancel", "jobs watch", "jobs revoke", "jobs announce", "inbox", "dead", "dead list", "dead show",
            "dead retry", "dead delete",
            "queues", "queues list",
            "queues peek", "queues pause", "queues resume", "queues move", "queues purge", "workers", "workers list",
            "workers shutdown", "workers rate-limit", "journal",
            "doctor",
            "config", "config list", "config path", "config get",
            "albums", "albums list", "albums show", "albums create", "albums rename", "albums describe", "albums cover",
            "albums add", "albums remove", "albums order", "albums delete", "tags", "tags list", "tags show",
            "tags add",
            "tags remove", "tags rename", "tags merge", "tags suggest", "favourite", "rate", "caption", "archive",
            "edits",
            "edits list", "edits undo", "export", "share", "share create", "share list", "share show", "share revoke",
        ])
    func help(_ command: String) async throws {
        let result = try await Program(home: TestFolder()).run(
            command.split(separator: " ").map(String.init) + ["--help"])
        #expect(result.exitCode == 0)
        #expect(result.text.contains("Examples:"))
        #expect(result.text.contains("phototui \(command == "open" ? "" : command)"))
        #expect(result.complaints.isEmpty)
    }

    @Test(
        "A wrong call ends with 64 and says what is wrong on stderr",
        arguments: [
            ["photos", "--month", "2024-13"], ["photos", "--limit", "0"], ["photos", "--after", "x"], ["import"],
            ["hash"], ["jobs", "retry"], ["jobs", "cancel"], ["dead", "retry"], ["dead", "retry", "--all", "x"],
            ["queues", "peek"], ["queues", "move", "x"], ["workers", "--wait", "-1"],
            ["jobs", "revoke"], ["jobs", "list", "--broker", "redis://x", "--state", "dead"],
            ["jobs", "list", "--broker", "redis://x", "--regex", "("], ["jobs", "list", "--csv", "--json"],
            ["workers", "rate-limit", "t", "fast"], ["jobs", "watch", "--days", "0"],
            ["jobs", "list", "--broker", "redis://x", "--since", "yesterday"],
            ["jobs", "list", "--state", "lost"],
            ["--no-such-option"],
            ["import", "--workers", "0", "/"], ["show"],
        ])
    func usage(_ arguments: [String]) async throws {
        let result = try await Program(home: TestFolder()).run(arguments)
        #expect(result.exitCode == 64)
        #expect(result.output.isEmpty)
        #expect(!result.complaints.isEmpty)
    }

    @Test("What was typed is escaped when it is complained about")
    func escapedComplaints() async throws {
        let result = try await Program(home: TestFolder()).shell("phototui photos --month $'\\e]52;c;YQ==\\a'")
        #expect(result.exitCode == 64)
        #expect(!result.complaints.contains("\u{1b}"))
        let path = try await Program(home: TestFolder()).shell("phototui import $'/no\\e[31m\\n\\xff'")
        #expect(path.exitCode == 1)
        #expect(path.complaints.contains("\\x1b[31m"))
        #expect(path.complaints.split(separator: "\n").count == 1)
    }

    @Test("A library that isn't there is an error with a way out, and is not created")
    func noLibrary() async throws {
        let home = try TestFolder()
        for command in ["photos", "months", "jobs"] {
            let result = try await Program(home: home).run([command, "--json"])
            #expect(result.exitCode == 1)
            #expect(result.output.isEmpty)
            #expect(result.complaints.contains("phototui import"))
        }
        #expect(!FileManager.default.fileExists(atPath: home.path + "/library"))
    }

    @Test("Importing what isn't there, or can't be, changes nothing and says why")
    func missingPath() async throws {
        let home = try TestFolder()
        let result = try await Program(home: home).run(["import", home.path + "/nothing"])
        #expect(result.exitCode == 1)
        #expect(result.complaints.contains("No such file"))
        #expect(!FileManager.default.fileExists(atPath: home.path + "/library"))
    }

    @Test("The completion scripts are scripts", arguments: ["bash", "zsh", "fish"])
    func completions(_ shell: String) async throws {
        let home = try TestFolder()
        let program = Program(home: home)
        let result = try await program.run(["--generate-completion-script", shell])
        #expect(result.exitCode == 0)
        #expect(result.text.contains("phototui"))
        #expect(result.text.utf8.count > 2000)
        let parsed = try await program.shell(
            "command -v \(shell) > /dev/null || exit 90; phototui --generate-completion-script \(shell) > ~/script; "
                + "\(shell) -n ~/script")
        #expect(parsed.exitCode == 0, "\(parsed.complaints)")
        #expect(parsed.complaints.isEmpty)
    }

    @Test(
        "Shells complete subcommands and options from the scripts",
        arguments: [
            (
                "bash",
                "COMP_WORDS=(phototui im); COMP_CWORD=1; COMP_LINE='phototui im'; COMP_POINT=11; . ~/script; "
                    + "_phototui phototui im phototui; printf '%s\\n' \"${COMPREPLY[@]}\"", "import"
            ),
            ("fish", "source ~/script; complete -C 'phototui im' | cut -f 1", "import"),
            ("fish", "source ~/script; complete -C 'phototui import --dry' | cut -f 1", "--dry-run"),
        ])
    func completes(_ shell: String, _ script: String, _ expected: String) async throws {
        let home = try TestFolder()
        let program = Program(home: home)
        let result = try await program.shell(
            "phototui --generate-completion-script \(shell) > ~/script; exec \(shell) -c '\(script.replacing("'", with: #"'\''"#))'"
        )
        #expect(result.text.split(separator: "\n").map(String.init) == [expected], "\(result.text)\(result.complaints)")
    }

    @Test("A shell is offered the months that the library has")
    func completesMonths() async throws {
        let home = try TestFolder()
        let pictures = try TestFolder()
        try pictures.write(TestPicture.png(seed: 1), as: "one.png")
        let program = Program(home: home)
        #expect(try await program.run(["import", pictures.path]).exitCode == 0)
        let months = try #require(
            try await program.run(["months", "--json"]).document()["months"] as? [[String: Any]])
        let month = try #require(months.first?["month"] as? String)
        let result = try await program.shell(
            """
            . <(phototui --generate-completion-script bash)
            COMP_WORDS=(phototui photos --month ''); COMP_CWORD=3; COMP_LINE='phototui photos --month '; COMP_POINT=24
            _phototui phototui '' --month; printf '%s\n' "${COMPREPLY[@]}"
            """)
        #expect(result.text.split(separator: "\n").map(String.init) == [month], "\(result.text)\(result.complaints)")
    }

    @Test("A reader that goes away ends the program quietly")
    func brokenPipe() async throws {
        let result = try await Program(home: TestFolder()).shell(
            "for i in 1 2 3; do (sleep 0.2; phototui --help) | true; done; echo \"${PIPESTATUS[0]}\"")
        #expect(result.text == "141\n")
        #expect(result.complaints.isEmpty)
    }

    @Test("A full disk under stdout is a failure")
    func fullOutput() async throws {
        let result = try await Program(home: TestFolder()).shell("phototui doctor --json > /dev/full")
        #expect(result.exitCode == 1)
        #expect(result.complaints.contains("No space left"))
    }

    @Test("Nothing but a terminal gets colours")
    func noColours() async throws {
        let result = try await Program(home: TestFolder()).run(["doctor"])
        #expect(result.text.contains("Decoder"))
        #expect(!result.text.contains("\u{1b}"))
    }
}
