import Foundation
import Testing

@Suite("duplicates stack, not-duplicate and undo")
struct DuplicateDecisionTests {
    /// Two pictures that are the same in different files, imported and compared.
    private func withCluster(_ body: (Program, _ photos: [String], _ cluster: String) async throws -> Void) async throws
    {
        let home = try TestFolder()
        let photos = try TestFolder()
        let program = Program(home: home)
        try photos.write(TestPicture.png(seed: 1), as: "a.png")
        try photos.write(TestPicture.png(seed: 1) + Data([0]), as: "b.png")
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        let id = try #require(try await clusters(program).first)
        try await body(program, [photos.path + "/a.png", photos.path + "/b.png"], id)
    }

    /// The clusters' ids once everything was compared.
    private func clusters(_ program: Program, all: Bool = false) async throws -> [String] {
        let scan = try await program.run(["duplicates", "scan"] + (all ? ["--all"] : []))
        #expect(scan.exitCode == 0, "\(scan.complaints)")
        let listed = try await program.run(["duplicates", "list", "--json"]).document()
        return try #require(listed["clusters"] as? [[String: Any]]).compactMap { $0["id"] as? String }
    }

    private func undo(_ program: Program, _ id: String) async throws {
        let undone = try await program.run(["duplicates", "undo", id, "--json"])
        #expect(undone.exitCode == 0, "\(undone.complaints)")
        let items = try #require(try undone.document()["undone"] as? [[String: Any]])
        #expect((items.first?["conflicts"] as? [Any])?.isEmpty == true)
    }

    @Test("Photos of one stack are no duplicates for any scan, until the stack is undone")
    func stack() async throws {
        try await withCluster { program, photos, cluster in
            let none = try await program.run(["duplicates", "stack", cluster])
            #expect(none.exitCode == 1 && none.complaints.contains("no stack is recognised"), "\(none.complaints)")
            let dry = try await program.run(["duplicates", "stack", "--dry-run", "--json"] + photos).document()
            #expect(dry["stacked"] as? Int == 1)
            #expect((dry["stacks"] as? [[String: Any]])?.first?["id"] is NSNull)
            #expect(try await clusters(program) == [cluster])

            let made = try await program.run(["duplicates", "stack", "--json", "--reason", "one jump"] + photos)
            #expect(made.exitCode == 0, "\(made.complaints)")
            let stack = try #require((try made.document()["stacks"] as? [[String: Any]])?.first)
            #expect(stack["kind"] as? String == "chosen" && (stack["photos"] as? [String])?.count == 2)
            let id = try #require(stack["id"] as? String)
            #expect(try await clusters(program).isEmpty)
            #expect(try await clusters(program, all: true).isEmpty)
            let listed = try await program.run(["duplicates", "stacks", "--json"]).document()
            let shown = try #require((listed["stacks"] as? [[String: Any]])?.first)
            #expect(shown["id"] as? String == id && listed["next"] is NSNull)
            #expect((shown["photos"] as? [[String: Any]])?.compactMap { $0["path"] as? String } == photos)
            #expect(try await program.run(["duplicates", "stacks"]).text.contains("put together by a person"))
            let again = try await program.run(["duplicates", "stack"] + photos)
            #expect(again.exitCode == 1 && again.complaints.contains("duplicates undo \(id)"), "\(again.complaints)")
            let resolutions = try await program.run(["duplicates", "resolutions", "--json"]).document()
            let decided = try #require((resolutions["resolutions"] as? [[String: Any]])?.first)
            #expect(decided["decision"] as? String == "stack" && decided["reason"] as? String == "one jump")

            try await undo(program, id)
            #expect(
                (try await program.run(["duplicates", "stacks", "--json"]).document()["stacks"] as? [Any])?.count == 0)
            #expect(try await clusters(program) == [cluster])
        }
    }

    @Test("That photos are no duplicates is taken back by its resolution, with the reason in the journal")
    func notDuplicate() async throws {
        try await withCluster { program, photos, cluster in
            let decided = try await program.run(["duplicates", "not-duplicate", "--json"] + photos).document()
            #expect(decided["new_pairs"] as? Int == 1)
            let id = try #require(decided["resolution"] as? String)
            #expect(try await clusters(program, all: true).isEmpty)
            let again = try await program.run(["duplicates", "not-duplicate", "--json"] + photos).document()
            #expect(again["new_pairs"] as? Int == 0 && again["resolution"] is NSNull)
            #expect(try await program.run(["duplicates", "resolutions"]).text.contains("not duplicates"))
            let undone = try await program.run(["duplicates", "undo", id, "--reason", "it was one moment"])
            #expect(undone.exitCode == 2 || undone.exitCode == 0, "\(undone.complaints)")
            #expect(undone.text.contains("they may be duplicates again"))
            #expect(try await clusters(program).count == 1)
            let journal = try await program.run(["journal", "--json"]).document()
            let entries = try #require(journal["entries"] as? [[String: Any]])
            #expect(entries.contains { ($0["outcome"] as? String)?.hasSuffix(": it was one moment") == true })
            _ = cluster
        }
    }

    @Test("A name that is not found is told as it was typed, escaped once")
    func escapedOnce() async throws {
        try await withCluster { program, _, cluster in
            let name = "no\\thing\u{1b}[2J"
            for arguments in [
                ["undo", name], ["resolve", name], ["resolve", cluster, "--keep", name], ["not-duplicate", name],
            ] {
                let result = try await program.run(["duplicates"] + arguments)
                #expect(result.exitCode == 1, "\(arguments): \(result.complaints)")
                // A backslash of a name is doubled, once.
                #expect(result.complaints.contains("no\\\\thing\\x1b[2J"), "\(result.complaints)")
            }
        }
    }

    @Test("Whoever decides for another owner says why, and needs a networked library")
    func owner() async throws {
        try await withCluster { program, photos, cluster in
            for arguments in [
                ["resolve", cluster], ["undo", cluster], ["stack"] + photos, ["not-duplicate"] + photos,
                ["scan", "--all"], ["calibrate", "--pairs", "0", "--precision", "0.8"],
                ["calibrate", "--answers", photos[0], "--json"],
            ] {
                let result = try await program.run(["duplicates"] + arguments + ["--owner", "anna"])
                #expect(result.exitCode == 64 && result.complaints.contains("--reason"), "\(result.complaints)")
                let reasoned = try await program.run(["duplicates"] + arguments + ["--owner", "anna", "--reason", "a"])
                #expect(
                    reasoned.exitCode == 1 && reasoned.complaints.contains("networked library"),
                    "\(reasoned.complaints)")
            }
            #expect(try await clusters(program) == [cluster])
        }
    }

    @Test("Who has all photos compared anew stands in the journal, with the reason; a scan of what is new does not")
    func anew() async throws {
        try await withCluster { program, _, cluster in
            let scan = try await program.run(["duplicates", "scan", "--all", "--reason", "ticket 4711"])
            #expect(scan.exitCode == 0, "\(scan.complaints)")
            #expect(try await program.run(["duplicates", "scan", "--reason", "none"]).exitCode == 64)
            let journal = try await program.run(["journal", "--json"]).document()
            let entries = try #require(journal["entries"] as? [[String: Any]])
            let told = entries.filter { $0["action"] as? String == "compare all photos anew" }
            #expect(told.count == 1 && (told.first?["outcome"] as? String)?.contains("ticket 4711") == true)
        }
    }
}
