import Foundation
import Testing

@Suite("Installation")
struct InstallationTests {
    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("scripts/install.sh").path

    /// What an installation puts below its prefix, as `make install` says.
    private static let installed = [
        "bin/phototui", "bin/phototui-decoder", "share/phototui/themes/dark.toml",
        "share/phototui/places.tsv",
        "share/bash-completion/completions/phototui", "share/zsh/site-functions/_phototui",
        "share/fish/vendor_completions.d/phototui.fish", "lib/systemd/system/phototui-worker@.service",
        "share/doc/phototui/production.md",
    ]

    /// The install part of the script with programs that are built already, in place of a release build.
    private func install(in home: TestFolder, prefix: String) async throws -> Program.Result {
        try await Program(home: home, ["SCRIPT": Self.script, "PROGRAMS": Program.folder, "TARGET": prefix]).shell(
            "mkdir -p ~/tree/scripts && cp \"$SCRIPT\" ~/tree/scripts/ && cp -r \"${SCRIPT%/scripts/*}\"/{themes,contrib,docs} ~/tree/ && "
                + "printf '#!/bin/sh\\necho %s\\n' \"$PROGRAMS\" > ~/tree/scripts/build-release.sh && "
                + "printf '#!/bin/sh\\nmkdir -p ~/.cache/phototui && echo a table >~/.cache/phototui/places.tsv\\n' > ~/tree/scripts/places.sh && "
                + "chmod +x ~/tree/scripts/*.sh && ~/tree/scripts/install.sh install \"$TARGET\"")
    }

    @Test("What is installed works from its prefix, and an uninstallation leaves nothing of it")
    func installAndRemove() async throws {
        let home = try TestFolder()
        let prefix = home.path + "/a prefix"
        let result = try await install(in: home, prefix: prefix)
        #expect(result.exitCode == 0, "\(result.complaints)")
        for file in Self.installed { #expect(FileManager.default.fileExists(atPath: prefix + "/" + file), "\(file)") }
        #expect(result.text.contains("is not in your PATH"))
        let program = Program(home: home, ["PATH": prefix + "/bin:/usr/bin:/bin"])
        let seen = try await program.shell("phototui --version && phototui doctor --json")
        let unit = try String(contentsOfFile: prefix + "/lib/systemd/system/phototui-worker@.service", encoding: .utf8)
        #expect(unit.contains("\nExecStart=\(prefix)/bin/phototui worker "))
        #expect(seen.text.contains("a prefix/bin/phototui-decoder"), "\(seen.text)\(seen.complaints)")

        let removed = try await program.shell("~/tree/scripts/install.sh uninstall ~/'a prefix/'")
        #expect(removed.exitCode == 0, "\(removed.complaints)")
        #expect(!FileManager.default.fileExists(atPath: prefix))
    }

    @Test("An uninstallation leaves other people's files, and the folders that every system has")
    func others() async throws {
        let home = try TestFolder()
        for prefix in [home.path + "/prefix", home.path + "/.local"] {
            #expect(try await install(in: home, prefix: prefix).exitCode == 0)
        }
        let program = Program(home: home)
        let removed = try await program.shell(
            "touch ~/prefix/share/fish/vendor_completions.d/other.fish ~/prefix/bin/other; "
                + "for prefix in prefix .local; do ~/tree/scripts/install.sh uninstall ~/$prefix/; done; "
                + "find prefix -type f | sort; find .local -type d | sort; find .local -type f", in: home)
        #expect(
            removed.text.split(separator: "\n").map(String.init) == [
                "prefix/bin/other", "prefix/share/fish/vendor_completions.d/other.fish", ".local", ".local/bin",
                ".local/lib", ".local/share", ".local/share/bash-completion",
                ".local/share/bash-completion/completions", ".local/share/doc",
                ".local/share/fish", ".local/share/fish/vendor_completions.d", ".local/share/zsh",
                ".local/share/zsh/site-functions",
            ], "\(removed.text)\(removed.complaints)")
    }
}
