import Foundation
import Testing

/// Deciding for another owner of a networked library.
@Suite(
    "Another owner's duplicates", .serialized, .enabled(if: NetworkedHome.isUsable, NetworkedHome.absence))
struct NetworkedOwnerTests {
    private func owner(of profile: String, _ home: NetworkedHome) throws -> String {
        let settings = try String(
            contentsOfFile: try #require(home.program.environment["PHOTOTUI_CONFIG"]), encoding: .utf8)
        let section = try #require(settings.components(separatedBy: "[profiles.\(profile)]").last)
        let line = try #require(section.split(separator: "\n").first { $0.hasPrefix("owner = ") })
        return line.dropFirst("owner = ".count).trimmingCharacters(in: CharacterSet(charactersIn: "\""))
    }

    @Test("Support decides for an owner by name, with a reason that their journal keeps", .timeLimit(.minutes(10)))
    func support() async throws {
        let home = try await NetworkedHome()
        defer { home.stop() }
        let photos = try TestFolder()
        try photos.write(TestPicture.png(seed: 1), as: "a.png")
        try photos.write(TestPicture.png(seed: 1) + Data([0]), as: "b.png")
        // Without a broker, so that the import processes.
        let imported = try await home.program.run(["import", "--profile", "inline", photos.path])
        #expect(imported.exitCode == 0, "\(imported.complaints)")
        let ada = try owner(of: "inline", home)
        let support = ["--profile", "other", "--owner", ada]
        let scan = try await home.program.run(["duplicates", "scan"] + support)
        #expect(scan.exitCode == 0, "\(scan.complaints)")
        let listed = try await home.program.run(["duplicates", "list", "--json"] + support).document()
        let cluster = try #require((listed["clusters"] as? [[String: Any]])?.first?["id"] as? String)

        // The originals are in the bucket: nothing here has a path of theirs.
        let items = try #require((listed["clusters"] as? [[String: Any]])?.first?["photos"] as? [[String: Any]])
        #expect(items.count == 2 && items.allSatisfy { $0["path"] is NSNull })
        let here = try await home.program.run(["photos", "--json"] + support).document()
        let seen = try #require(here["photos"] as? [[String: Any]])
        #expect(seen.allSatisfy { $0["path"] is NSNull })
        let keys = seen.compactMap { $0["key"] as? String }
        #expect(keys.count == 2 && keys.allSatisfy { $0.hasPrefix("originals/") && $0.hasSuffix(".png") })
        let id0 = try #require(seen.first?["id"] as? String)
        let shown = try await home.program.run(["show", id0] + support)
        #expect(shown.text.contains(keys[0]) && !shown.text.contains("not there"), "\(shown.text)")

        let silent = try await home.program.run(["duplicates", "resolve", cluster] + support)
        #expect(silent.exitCode == 64 && silent.complaints.contains("--reason"), "\(silent.complaints)")
        let made = try await home.program.run(
            ["duplicates", "resolve", "--json", cluster, "--reason", "ticket 4711"] + support)
        #expect(made.exitCode == 0, "\(made.complaints)")
        let resolution = try #require((try made.document()["resolutions"] as? [[String: Any]])?.first)
        #expect(resolution["reason"] as? String == "ticket 4711")
        let id = try #require(resolution["id"] as? String)
        let undone = try await home.program.run(["duplicates", "undo", id, "--reason", "ticket 4712"] + support)
        #expect(undone.exitCode == 0, "\(undone.complaints)")

        // The owner's own journal has both.
        let journal = try await home.program.run(["journal", "--profile", "inline", "--json"]).document()
        let entries = try #require(journal["entries"] as? [[String: Any]])
        let told = entries.compactMap { $0["outcome"] as? String }
        #expect(told.contains { $0.hasSuffix(": ticket 4711") } && told.contains { $0.hasSuffix(": ticket 4712") })
        #expect(entries.allSatisfy { $0["actor"] as? String == NSUserName() })
    }

    @Test("A mistyped owner is refused by every command, and nobody is added", .timeLimit(.minutes(10)))
    func mistyped() async throws {
        let home = try await NetworkedHome()
        defer { home.stop() }
        let photos = try TestFolder()
        try photos.write(TestPicture.png(seed: 1), as: "a.png")
        #expect(try await home.program.run(["import", "--profile", "inline", photos.path]).exitCode == 0)
        let typed = try owner(of: "inline", home) + "x"
        var mistaken = home.program
        mistaken.environment["PHOTOTUI_OWNER"] = typed
        for command in [
            ["duplicates", "list"], ["duplicates", "scan"], ["duplicates", "resolve", "--certain"], ["photos"],
            ["trash", "list"], ["journal"], ["import", photos.path], ["import", "--dry-run", photos.path], ["open"],
        ] {
            let named = try await home.program.run(
                command + ["--profile", "inline", "--owner", typed] + reason(command))
            #expect(
                named.exitCode == 1 && named.complaints.contains("no owner called \(typed)"), "\(command): \(named)")
            if command[0] == "import" { continue }
            let set = try await mistaken.run(command + ["--profile", "inline"])
            #expect(set.exitCode == 1 && set.complaints.contains("no owner called \(typed)"), "\(command): \(set)")
        }
        // A look at what would come in adds nobody either; an import does.
        let dry = try await mistaken.run(["import", "--dry-run", "--profile", "inline", "--json", photos.path])
        #expect(dry.exitCode == 0, "\(dry.complaints)")
        #expect(try dry.document()["imported"] as? Int == 1)
        #expect(try await mistaken.run(["photos", "--profile", "inline"]).exitCode == 1)
        #expect(try await mistaken.run(["import", "--profile", "inline", photos.path]).exitCode == 0)
        #expect(try await mistaken.run(["photos", "--profile", "inline"]).exitCode == 0)
        let name = try await home.program.run(["photos", "--profile", "inline", "--owner", "no name"])
        #expect(name.exitCode == 1 && name.complaints.contains("no owner can be called so"), "\(name.complaints)")
    }

    private func reason(_ command: [String]) -> [String] { command.contains("resolve") ? ["--reason", "a"] : [] }
}
