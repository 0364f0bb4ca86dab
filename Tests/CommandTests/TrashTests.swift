import Foundation
import Testing

@Suite("trash")
struct TrashTests {
    /// Two pictures that are the same in different files, of which one was moved to the trash.
    private func withTrashed(
        copies: Bool = false,
        _ body: (Program, _ photos: TestFolder, _ home: TestFolder, _ trashed: Trashed) async throws -> Void
    ) async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        var program = Program(home: home)
        program.environment["XDG_DATA_HOME"] = home.path + "/data"
        try photos.write(TestPicture.png(seed: 1), as: "a.png")
        try photos.write(TestPicture.png(seed: 1) + Data([0]), as: "b ü.png")
        #expect(try await program.run(["import", photos.path] + (copies ? ["--copy"] : [])).exitCode == 0)
        #expect(try await program.run(["duplicates", "scan"]).exitCode == 0)
        let listed = try await program.run(["duplicates", "list", "--json"]).document()
        let cluster = try #require((listed["clusters"] as? [[String: Any]])?.first)
        let keep = try #require((cluster["photos"] as? [[String: Any]])?.first)["id"] as? String ?? ""
        let made = try await program.run(
            ["duplicates", "resolve", "--json", cluster["id"] as? String ?? "", "--keep", keep]
        ).document()
        let resolution = try #require((made["resolutions"] as? [[String: Any]])?.first)
        let id = try #require((resolution["trashed"] as? [String])?.first)
        try await body(
            program, photos, home, Trashed(id: id, resolution: try #require(resolution["id"] as? String)))
    }

    private struct Trashed {
        let id: String
        let resolution: String
    }

    private func trash(_ program: Program) async throws -> [[String: Any]] {
        try #require(try await program.run(["trash", "--json"]).document()["photos"] as? [[String: Any]])
    }

    @Test("A person puts photos into the trash and takes them back; one without a file is forgotten so")
    func added() async throws {
        let program = Program(home: try TestFolder())
        let photos = try TestFolder()
        for number in 1...3 { try photos.write(TestPicture.png(seed: number), as: "\(number).png") }
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        func timeline() async throws -> Int {
            (try await program.run(["photos", "--json"]).document()["photos"] as? [Any])?.count ?? -1
        }
        #expect(try await program.run(["trash", "add"]).exitCode == 64)
        let added = try await program.run(["trash", "add", photos.path + "/1.png", "nowhere", "--reason", "blurred"])
        #expect(added.exitCode == 2 && added.text.hasPrefix("trash: 1 photo; undo "), "\(added.text)")
        #expect(try await timeline() == 2)
        let twice = try await program.run(["trash", "add", photos.path + "/1.png"])
        #expect(twice.exitCode == 1 && twice.complaints.contains("in the trash"), "\(twice.complaints)")
        // A later import leaves it there, and its file where it was.
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        #expect(try await timeline() == 2)
        #expect(try FileManager.default.contentsOfDirectory(atPath: photos.path).count == 3)
        let why = try await program.run(["why", photos.path + "/1.png"]).text
        #expect(why.contains("blurred") && why.contains("trash"), "\(why)")
        let edit = try #require(added.text.split(separator: " ").last).trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try await program.run(["edits", "undo", edit]).exitCode == 0)
        #expect(try await timeline() == 3)

        try FileManager.default.removeItem(atPath: photos.path + "/2.png")
        #expect(try await program.run(["import", "--mark-missing", photos.path]).exitCode == 0)
        #expect(try await program.run(["trash", "add", "--search", "is:missing"]).exitCode == 0)
        let emptied = try await program.run(["trash", "empty", "--yes", "--older-than", "0"])
        #expect(emptied.exitCode == 0, "\(emptied.complaints)")
        #expect(try await program.run(["search", "--count", "is:missing"]).text.hasPrefix("0"))
        #expect(try await timeline() == 2)
        let check = try await program.run(["doctor", "--json"])
        #expect(check.text.contains("no fault found"), "\(check.text)")
    }

    @Test("A photo is taken out of the trash by its id, and not twice")
    func restore() async throws {
        try await withTrashed { program, _, _, trashed in
            let listed = try await trash(program)
            #expect(listed.compactMap { $0["id"] as? String } == [trashed.id])
            #expect(try await program.run(["trash"]).text.contains(trashed.id))
            let back = try await program.run(["trash", "restore", trashed.id, "no\u{1b}ne"])
            #expect(back.exitCode == 2 && back.complaints.contains("no\\x1bne"), "\(back.complaints)")
            let again = try await program.run(["trash", "restore", trashed.id])
            #expect(again.exitCode == 1 && again.complaints.contains("not in the trash"), "\(again.complaints)")
            #expect(try await trash(program).isEmpty)
            let photos = try await program.run(["photos", "--json"]).document()
            #expect((photos["photos"] as? [Any])?.count == 2)
        }
    }

    @Test("Files in a folder of the owner's are only moved when that is said, to the desktop's trash")
    func inPlace() async throws {
        try await withTrashed { program, photos, home, trashed in
            let path = try #require(try await trash(program).first?["path"] as? String)
            let young = try await program.run(["trash", "empty", "--yes", "--originals", "--json"]).document()
            #expect(young["removed"] as? Int == 0 && FileManager.default.fileExists(atPath: path))
            let left = try await program.run(["trash", "empty", "--yes", "--older-than", "0", "--json"]).document()
            #expect(left["removed"] as? Int == 0 && left["in_place"] as? Int == 1)
            let dry = try await program.run([
                "trash", "empty", "--yes", "--older-than", "0", "--originals", "--dry-run", "--json",
            ])
            .document()
            #expect(dry["removed"] as? Int == 1 && FileManager.default.fileExists(atPath: path))
            #expect(try await trash(program).count == 1)

            let emptied = try await program.run([
                "trash", "empty", "--yes", "--older-than", "0", "--originals", "--json",
            ])
            #expect(emptied.exitCode == 0, "\(emptied.complaints)")
            #expect(try emptied.document()["removed"] as? Int == 1)
            #expect(!FileManager.default.fileExists(atPath: path))
            let name = URL(fileURLWithPath: path).lastPathComponent
            // The home's trash, as both folders are on one file system; else the file system's own.
            let homes = [home.path + "/data/Trash"]
            let bin = homes.first { FileManager.default.fileExists(atPath: $0 + "/files/" + name) }
            #expect(bin != nil || !Self.isOneFileSystem(home.path, photos.path))
            if let bin {
                let information = try String(contentsOfFile: bin + "/info/\(name).trashinfo", encoding: .utf8)
                let encoded = path.addingPercentEncoding(
                    withAllowedCharacters: CharacterSet(charactersIn: "/-_.~").union(
                        .alphanumerics.intersection(Self.ascii)))
                #expect(information.hasPrefix("[Trash Info]\nPath=\(encoded ?? "")\nDeletionDate=2"), "\(information)")
            }
            let undo = try await program.run(["duplicates", "undo", trashed.resolution])
            #expect(undo.exitCode == 1 && undo.complaints.contains("removed for good"), "\(undo.complaints)")
            #expect(try await program.run(["show", trashed.id]).exitCode == 1)
            #expect(try await program.run(["doctor", "--json"]).document()["ok"] as? Bool != false)
        }
    }

    private static let ascii = CharacterSet(charactersIn: UnicodeScalar(0)...UnicodeScalar(127))

    private static func isOneFileSystem(_ one: String, _ other: String) -> Bool {
        func number(_ path: String) -> Int? {
            (try? FileManager.default.attributesOfFileSystem(forPath: path))?[.systemNumber] as? Int
        }
        return number(one) == number(other)
    }

    @Test(
        "A copy goes with its renditions, and its file is not taken in again by the next import, unless it is named itself"
    )
    func copies() async throws {
        try await withTrashed(copies: true) { program, photos, home, trashed in
            let path = try #require(try await trash(program).first?["path"] as? String)
            #expect(FileManager.default.fileExists(atPath: path))
            let emptied = try await program.run(["trash", "empty", "--yes", "--older-than", "0", "--reason", "full"])
            #expect(emptied.exitCode == 0 && emptied.text.contains(trashed.id), "\(emptied.complaints)")
            #expect(!FileManager.default.fileExists(atPath: path))
            #expect(try FileManager.default.contentsOfDirectory(atPath: photos.path).count == 2)
            let again = try await program.run(["import", photos.path, "--copy", "--json"]).document()
            #expect(again["imported"] as? Int == 0, "\(again)")
            #expect((try await program.run(["photos", "--json"]).document()["photos"] as? [Any])?.count == 1)
            let journal = try await program.run(["journal", "--json"]).document()
            let entries = try #require(journal["entries"] as? [[String: Any]])
            #expect(entries.contains { $0["action"] as? String == "empty trash" })

            let items = try #require(again["items"] as? [[String: Any]])
            let left = try #require(items.first { $0["outcome"] as? String == "unsupported" })
            #expect((left["reason"] as? String)?.contains("an import that names the file itself") == true)
            let file = try #require(left["path"] as? String)
            for (more, count) in [(["--dry-run"], 1), ([], 1)] {
                let named = try await program.run(["import", file, "--copy", "--json"] + more)
                #expect(named.exitCode == 0, "\(named.complaints)")
                #expect(try named.document()["imported"] as? Int == count)
            }
            #expect((try await program.run(["photos", "--json"]).document()["photos"] as? [Any])?.count == 2)
            let known = try await program.run(["import", photos.path, file, "--copy", "--json"]).document()
            #expect(known["known"] as? Int == 2 && known["found"] as? Int == 2)
            #expect(try await program.run(["doctor", "--json"]).document()["ok"] as? Bool != false)
        }
    }
}
