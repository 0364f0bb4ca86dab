import Foundation
import Testing

/// Albums, tags and marks, as a script meets them.
@Suite("Albums, tags, marks and their undoing")
struct EditsTests {
    private func withPhotos(
        _ count: Int = 3, _ body: (Program, _ ids: [String]) async throws -> Void
    ) async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        let program = Program(home: home)
        for number in 0..<count { try photos.write(TestPicture.png(seed: number + 1), as: "\(number).png") }
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        let listed = try await program.run(["photos", "--json"]).document()
        let items = try #require(listed["photos"] as? [[String: Any]])
        let ids = items.sorted { ($0["filename"] as? String ?? "") < ($1["filename"] as? String ?? "") }
            .compactMap { $0["id"] as? String }
        #expect(ids.count == count)
        try await body(program, ids)
    }

    private func show(_ program: Program, _ photo: String) async throws -> [String: Any] {
        try await program.run(["show", "--json", photo]).document()
    }

    private func undo(_ program: Program, _ made: Program.Result) async throws -> Program.Result {
        let edit = try #require(try made.document()["edit"] as? [String: Any], "\(made.text) \(made.complaints)")
        return try await program.run(["edits", "undo", "--json", try #require(edit["id"] as? String)])
    }

    @Test("Marks are set, shown, and taken back")
    func marks() async throws {
        try await withPhotos { program, ids in
            let before = try await show(program, ids[0])
            let rated = try await program.run(["rate", "4", "--json"] + ids)
            #expect(rated.exitCode == 0, "\(rated.complaints)")
            #expect(try rated.document()["photos"] as? Int == 3)
            let captioned = try await program.run(["caption", "--json", ids[0], "--text", "the \u{1b}[31mbeach"])
            let favourite = try await program.run(["favourite", "--json", ids[0], ids[1]])
            let archived = try await program.run(["archive", "--json", ids[0]])
            let shown = try await show(program, ids[0])
            #expect(shown["rating"] as? Int == 4 && shown["caption"] as? String == "the \u{1b}[31mbeach")
            #expect(shown["favourite"] as? Bool == true && shown["archived"] as? Bool == true)
            let text = try await program.run(["show", ids[0]]).text
            #expect(text.contains("the \\x1b[31mbeach") && !text.contains("\u{1b}[31m"), "\(text)")
            let timeline = try await program.run(["photos", "--json"]).document()["photos"] as? [Any]
            #expect(timeline?.count == 2)
            for made in [archived, favourite, captioned, rated] {
                let undone = try await undo(program, made)
                #expect(undone.exitCode == 0, "\(undone.complaints)")
            }
            #expect(try await show(program, ids[0]) as NSDictionary == before as NSDictionary)
            let again = try await undo(program, rated)
            #expect(again.exitCode == 1 && again.complaints.contains("taken back before"), "\(again.complaints)")
        }
    }

    @Test("An undo tells what was changed since, and leaves it")
    func conflicts() async throws {
        try await withPhotos { program, ids in
            let first = try await program.run(["rate", "2", "--json"] + ids)
            #expect(try await program.run(["rate", "5", ids[1]]).exitCode == 0)
            let undone = try await undo(program, first)
            #expect(undone.exitCode == 2 && undone.complaints.contains(ids[1]), "\(undone.complaints)")
            #expect(try undone.document()["undone"] is [Any])
            #expect(try await show(program, ids[1])["rating"] as? Int == 5)
            #expect(try await show(program, ids[0])["rating"] is NSNull)
        }
    }

    @Test("Tags are given to photos named on the command line, in a file and by month; renamed and merged")
    func tags() async throws {
        try await withPhotos { program, ids in
            let names = ids.joined(separator: "\n")
            let piped = try await program.shell(
                "printf '%s' '\(names)' | phototui tags add Sea --also beach --from - --json")
            #expect(piped.exitCode == 0, "\(piped.complaints)")
            func listed(_ arguments: [String] = []) async throws -> [String] {
                let document = try await program.run(["tags", "--json"] + arguments).document()
                let tags = try #require(document["tags"] as? [[String: Any]])
                return tags.map { "\($0["name"] as? String ?? "") \($0["photo_count"] as? Int ?? -1)" }
            }
            #expect(try await listed() == ["beach 3", "Sea 3"])
            #expect(try await program.run(["tags", "remove", "BEACH", ids[0]]).exitCode == 0)
            #expect(try await program.run(["tags", "add", "Strand", ids[0]]).exitCode == 0)
            let merged = try await program.run(["tags", "merge", "strand", "--into", "beach", "--json"])
            #expect(merged.exitCode == 0, "\(merged.complaints)")
            #expect(try await listed() == ["beach 3", "Sea 3"])
            #expect(try await program.run(["tags", "rename", "sea", "Ocean"]).exitCode == 0)
            let taken = try await program.run(["tags", "rename", "ocean", "Beach"])
            #expect(taken.exitCode == 1 && taken.complaints.contains("tags merge"), "\(taken.complaints)")
            #expect(try await show(program, ids[0])["photo_tags"] as? [String] == ["beach", "Ocean"])
            #expect(try await undo(program, merged).exitCode == 0)
            #expect(try await listed() == ["beach 2", "Ocean 3", "Strand 1"])
            let suggested = try await program.run(["tags", "suggest", "EA"])
            #expect(suggested.text.contains("Ocean") && suggested.text.contains("beach"), "\(suggested.text)")
            let shown = try await program.run(["tags", "show", "strand", "--json"]).document()
            #expect((shown["photos"] as? [[String: Any]])?.compactMap { $0["id"] as? String } == [ids[0]])
            let unknown = try await program.run(["tags", "add", "x", "no\u{1b}ne", ids[0]])
            #expect(unknown.exitCode == 2 && unknown.complaints.contains("no\\x1bne"), "\(unknown.complaints)")
            for name in ["", "a\nb", String(repeating: "a", count: 501)] {
                #expect(try await program.run(["tags", "add", name, ids[0]]).exitCode == 1)
            }
            let bytes = try await program.shell("phototui tags add $'\\xff' \(ids[0])")
            #expect(bytes.exitCode == 1 && bytes.complaints.contains("UTF-8"), "\(bytes.complaints)")
        }
    }

    @Test("Albums are made, nested, ordered, renamed and deleted, and deleting is undone")
    func albums() async throws {
        try await withPhotos { program, ids in
            #expect(try await program.run(["albums", "create", "Trips", "--description", "all"]).exitCode == 0)
            let twice = try await program.run(["albums", "create", "TRIPS"])
            #expect(twice.exitCode == 1 && twice.complaints.contains("already"), "\(twice.complaints)")
            let absent = try await program.run(["albums", "add", "Trips/Lisbon", ids[0]])
            #expect(absent.exitCode == 1 && absent.complaints.contains("albums create"), "\(absent.complaints)")
            #expect(try await program.run(["albums", "add", "Trips/Lisbon", "--create"] + ids).exitCode == 0)
            func order(_ album: String) async throws -> [Int] {
                let document = try await program.run(["albums", "show", album, "--json"]).document()
                let photos = try #require(document["photos"] as? [[String: Any]])
                return photos.compactMap { photo in ids.firstIndex { $0 == photo["id"] as? String } }
            }
            #expect(try await program.run(["albums", "order", "Trips/Lisbon", ids[0], "--last"]).exitCode == 1)
            #expect(try await program.run(["albums", "order", "Trips/Lisbon", "--by", "hand"]).exitCode == 0)
            #expect(try await order("trips/lisbon") == [0, 1, 2])
            #expect(
                try await program.run(["albums", "order", "Trips/Lisbon", ids[2], "--before", ids[0]]).exitCode == 0)
            #expect(try await order("Trips/Lisbon") == [2, 0, 1])
            #expect(try await program.run(["albums", "cover", "Trips/Lisbon", ids[1]]).exitCode == 0)
            #expect(try await program.run(["albums", "rename", "Trips", "Travels"]).exitCode == 0)
            #expect(try await program.run(["albums", "describe", "Travels", "a\u{202e}b"]).exitCode == 0)
            let text = try await program.run(["albums"]).text
            #expect(text.contains("Travels/Lisbon") && text.contains("a\\u{202e}b"), "\(text)")
            let before = try await program.run(["albums", "--json"]).output
            let deleted = try await program.run(["albums", "delete", "Travels/Lisbon", "--json"])
            #expect(try await program.run(["albums", "show", "Travels/Lisbon"]).exitCode == 1)
            #expect(try await undo(program, deleted).exitCode == 0)
            #expect(try await program.run(["albums", "--json"]).output == before)
            #expect(try await order("Travels/Lisbon") == [2, 0, 1])
            #expect(try await program.run(["albums", "remove", "Travels/Lisbon", ids[0], ids[1]]).exitCode == 0)
            let page = try await program.run(["albums", "show", "Travels/Lisbon", "--limit", "1", "--json"]).document()
            #expect(page["photo_count"] as? Int == 1 && page["next"] is NSNull)
            #expect(try await show(program, ids[2])["albums"] as? [String] == ["Travels/Lisbon"])
            let edits = try await program.run(["edits", "--limit", "2"])
            #expect(edits.text.contains("remove from album Travels/Lisbon: 2 photos"), "\(edits.text)")
        }
    }

    @Test("The shell is offered albums and tags, but none that a terminal would obey")
    func completions() async throws {
        try await withPhotos(1) { program, ids in
            #expect(try await program.run(["tags", "add", "beach", ids[0], "--also", "a\u{202e}b"]).exitCode == 0)
            #expect(try await program.run(["albums", "create", "Trips/Lisbon"]).exitCode == 0)
            for (group, command, offered) in [("tags", "remove", "beach"), ("albums", "show", "Trips/Lisbon")] {
                let line = "phototui \(group) \(command) "
                let asked = try await program.shell(
                    """
                    . <(phototui --generate-completion-script bash)
                    COMP_WORDS=(phototui \(group) \(command) ''); COMP_CWORD=3; COMP_LINE='\(line)'
                    COMP_POINT=\(line.utf8.count); _phototui phototui '' \(command); printf '%s\\n' "${COMPREPLY[@]}"
                    """)
                #expect(asked.text.split(separator: "\n").map(String.init) == [offered], "\(asked.complaints)")
            }
        }
    }

    @Test("A resolution takes albums and tags into the keeper, as its preview said, and its undo takes them out")
    func merge() async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        let program = Program(home: home)
        try photos.write(TestPicture.png(seed: 1), as: "a.png")
        try photos.write(TestPicture.png(seed: 1) + Data([0]), as: "b.png")
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        #expect(try await program.run(["duplicates", "scan"]).exitCode == 0)
        let listed = try await program.run(["duplicates", "list", "--json"]).document()
        let cluster = try #require((listed["clusters"] as? [[String: Any]])?.first)
        let id = try #require(cluster["id"] as? String)
        let items = try #require(cluster["photos"] as? [[String: Any]])
        let ids = items.compactMap { $0["id"] as? String }
        // The rule of albums would choose the other one: both are in one.
        #expect(try await program.run(["albums", "add", "Best", "--create"] + ids).exitCode == 0)
        let now = try await program.run(["duplicates", "show", id, "--json"]).document()
        let keeper = try #require(now["keeper"] as? String)
        let other = try #require(ids.first { $0 != keeper })
        #expect(try await program.run(["tags", "add", "sea", other]).exitCode == 0)
        #expect(try await program.run(["rate", "3", other]).exitCode == 0)
        #expect(try await program.run(["caption", other, "--text", "the beach"]).exitCode == 0)
        let preview = try await program.run(["duplicates", "show", id, "--json"]).document()
        let changes = try #require(preview["changes"] as? [[String: Any]])
        #expect(
            changes.map { "\($0["mark"] ?? "") \($0["after"] ?? "")" } == ["rating 3", "caption the beach", "tags sea"])
        let before = try await show(program, keeper)
        let made = try await program.run(["duplicates", "resolve", id, "--keep", keeper, "--json"]).document()
        let resolution = try #require((made["resolutions"] as? [[String: Any]])?.first)
        #expect(resolution["changed"] as? [String] == ["rating", "caption", "tags"])
        #expect(try await show(program, keeper)["photo_tags"] as? [String] == ["sea"])
        let refused = try await program.run(["tags", "add", "x", other])
        #expect(refused.exitCode == 1 && refused.complaints.contains("in the trash"), "\(refused.complaints)")
        let undone = try await program.run(["duplicates", "undo", try #require(resolution["id"] as? String)])
        #expect(undone.exitCode == 0, "\(undone.complaints)")
        #expect(try await show(program, keeper) as NSDictionary == before as NSDictionary)
    }
}
