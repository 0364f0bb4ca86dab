import Foundation
import Testing

@Suite("duplicates")
struct DuplicatesTests {
    /// Three pictures, of which two are the same in different files, imported.
    private func withLibrary(_ body: (Program, _ photos: TestFolder) async throws -> Void) async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        let program = Program(home: home)
        try photos.write(TestPicture.png(seed: 1), as: "a.png")
        // What follows the picture is no part of it.
        try photos.write(TestPicture.png(seed: 1) + Data([0]), as: "b.png")
        try photos.write(TestPicture.png(seed: 3), as: "c.png")
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        try await body(program, photos)
    }

    private func names(_ document: [String: Any]) throws -> [String] {
        let photos = try #require(document["photos"] as? [[String: Any]])
        return photos.compactMap { ($0["filename"] as? String) ?? ($0["path"] as? String) }
            .map { String($0.split(separator: "/").last ?? "") }.sorted()
    }

    private func clusters(_ program: Program) async throws -> [[String: Any]] {
        let result = try await program.run(["duplicates", "list", "--json"])
        #expect(result.exitCode == 0 && result.complaints.isEmpty, "\(result.complaints)")
        return try #require(try result.document()["clusters"] as? [[String: Any]])
    }

    @Test("What a scan finds is listed and shown, and a second scan finds nothing new")
    func found() async throws {
        try await withLibrary { program, photos in
            #expect(try await program.run(["duplicates"]).complaints.contains("3 photos not compared yet"))
            let scan = try await program.run(["duplicates", "scan", "--json"])
            #expect(scan.exitCode == 0, "\(scan.complaints)")
            let report = try scan.document()
            #expect(report["compared"] as? Int == 3 && report["clusters"] as? Int == 1)
            #expect((report["without_picture"] as? [String])?.isEmpty == true)
            #expect(try await program.run(["duplicates", "scan"]).text.hasPrefix("nothing new to compare; 1 cluster"))
            let cluster = try #require(try await clusters(program).first)
            #expect(try names(cluster) == ["a.png", "b.png"])
            #expect(cluster["tier"] as? String == "same" && cluster["photo_count"] as? Int == 2)
            let id = try #require(cluster["id"] as? String)
            let items = try #require(cluster["photos"] as? [[String: Any]])
            #expect(items.allSatisfy { $0["distance"] as? Int == 0 })
            #expect(Set(items.compactMap { $0["action"] as? String }) == ["keep", "trash"])
            let keeper = try #require(items.first { $0["action"] as? String == "keep" })
            #expect(cluster["keeper"] as? String == keeper["id"] as? String)
            let plain = try await program.run(["duplicates", "list"])
            #expect(plain.text.contains(id) && plain.complaints.contains("1 cluster, "))
            let shown = try await program.run(["duplicates", "show", id])
            #expect(shown.text.contains(photos.path + "/a.png") && shown.text.contains(photos.path + "/b.png"))
            let document = try await program.run(["duplicates", "show", "--json", id]).document()
            #expect((document["changes"] as? [Any])?.isEmpty == true)
        }
    }

    @Test("Lost small pictures are made anew for a comparison, as long as the originals are there")
    func lostRenditions() async throws {
        try await withLibrary { program, photos in
            let library = try #require(program.environment["PHOTOTUI_LIBRARY"])
            let found = try FileManager.default.subpathsOfDirectory(atPath: library)
            for path in found where path.hasSuffix(".webp") {
                try FileManager.default.removeItem(atPath: library + "/" + path)
            }
            #expect(found.contains { $0.hasSuffix("/256.webp") })
            try FileManager.default.removeItem(atPath: photos.path + "/c.png")
            let scan = try await program.run(["duplicates", "scan", "--orientations"])
            #expect(
                scan.exitCode == 2 && scan.complaints.contains("1 photo could not be compared"), "\(scan.complaints)")
            #expect(try await clusters(program).count == 1)
            let made = try FileManager.default.subpathsOfDirectory(atPath: library).filter { $0.hasSuffix("/256.webp") }
            #expect(made.count == 2)
        }
    }

    @Test("The list is narrowed by text, by how sure it is, and by equal pixels")
    func narrowed() async throws {
        try await withLibrary { program, photos in
            // Another picture's pair, of other bytes for the same pixels as the first.
            try photos.write(TestPicture.png(seed: 3) + Data([0]), as: "trip.png")
            _ = try await program.run(["import", photos.path])
            _ = try await program.run(["duplicates", "scan"])
            func found(_ options: String...) async throws -> [[String]] {
                let result = try await program.run(["duplicates", "list", "--json"] + options)
                #expect(result.exitCode == 0, "\(result.complaints)")
                let clusters = try #require(try result.document()["clusters"] as? [[String: Any]])
                return try clusters.map(names).sorted { $0[0] < $1[0] }
            }
            let both = [["a.png", "b.png"], ["c.png", "trip.png"]]
            #expect(try await found() == both)
            #expect(try await found("--same", "--exact") == both)
            #expect(try await found("--match", "TRIP") == [both[1]])
            #expect(try await found("--match", "b.png", "--exact") == [both[0]])
            #expect(try await found("--match", "nothing").isEmpty)
            let none = try await program.run(["duplicates", "list", "--match", "nothing"])
            #expect(none.text.isEmpty && none.complaints.contains("no cluster matches\n"), "\(none.complaints)")
            #expect(try await !program.run(["duplicates", "list"]).complaints.contains("matches"))
            let certain = try await clusters(program).filter { $0["certain"] as? Bool == true }
            #expect(try await found("--certain").count == certain.count)
            let page = try await program.run(["duplicates", "list", "--json", "--exact", "--limit", "1"]).document()
            let next = try #require(page["next"] as? String)
            let first = try names(try #require((page["clusters"] as? [[String: Any]])?.first))
            #expect(try await found("--exact", "--limit", "1", "--after", next) == both.filter { $0 != first })
        }
    }

    @Test(
        "A resolution moves a photo to the trash and leaves its file, a dry run changes nothing, and undo takes it back"
    )
    func resolved() async throws {
        try await withLibrary { program, photos in
            _ = try await program.run(["duplicates", "scan"])
            let before = try await clusters(program)
            let id = try #require(before.first?["id"] as? String)
            let dry = try await program.run(["duplicates", "resolve", id, "--dry-run", "--json"]).document()
            #expect(dry["dry_run"] as? Bool == true)
            #expect((dry["resolutions"] as? [[String: Any]])?.first?["id"] is NSNull)
            #expect(try await names(program.run(["photos", "--json"]).document()) == ["a.png", "b.png", "c.png"])

            let keep = photos.path + "/b.png"
            let made = try await program.run(
                ["duplicates", "resolve", id, "--keep", keep, "--reason", "asked \u{1b}[31m", "--json"])
            #expect(made.exitCode == 0, "\(made.complaints)")
            let resolution = try #require((try made.document()["resolutions"] as? [[String: Any]])?.first)
            #expect(resolution["reason"] as? String == "asked \u{1b}[31m")
            let undo = try #require(resolution["id"] as? String)
            #expect(try await names(program.run(["photos", "--json"]).document()) == ["b.png", "c.png"])
            #expect(FileManager.default.fileExists(atPath: photos.path + "/a.png"))
            let trashed = try await program.run(["show", photos.path + "/a.png", "--json"]).document()
            #expect(trashed["trashed_at"] is String)
            #expect(try await program.run(["show", photos.path + "/a.png"]).text.contains("in the trash"))
            #expect(try await clusters(program).isEmpty)
            let listed = try await program.run(["duplicates", "resolutions"])
            #expect(listed.text.contains(undo) && !listed.text.contains("\u{1b}[31m"))
            // One who reads it knows files, not ids.
            let files = try #require(resolution["photos"] as? [[String: Any]])
            let kept = try #require(files.first { $0["action"] as? String == "keep" }?["filename"] as? String)
            #expect(listed.text.contains(kept))
            #expect(try await program.run(["journal"]).text.contains("kept \(kept), 1 photo to the trash"))

            let second = try await program.run(["duplicates", "resolve", id])
            #expect(second.exitCode == 1 && second.complaints.contains("was resolved before"), "\(second.complaints)")
            #expect(second.complaints.contains("phototui duplicates undo \(undo)"))

            let undone = try await program.run(["duplicates", "undo", undo, "--reason", "a mistake", "--json"])
            #expect(undone.exitCode == 0, "\(undone.complaints)")
            let item = try #require((try undone.document()["undone"] as? [[String: Any]])?.first)
            #expect((item["restored"] as? [String])?.count == 1 && (item["conflicts"] as? [Any])?.isEmpty == true)
            #expect(try await names(program.run(["photos", "--json"]).document()) == ["a.png", "b.png", "c.png"])
            let after = try await clusters(program)
            #expect(NSArray(array: after) == NSArray(array: before))
            let again = try await program.run(["duplicates", "undo", undo])
            #expect(again.exitCode == 1 && again.complaints.components(separatedBy: undo).count == 2)
            let decided = try await program.run(["duplicates", "resolutions"])
            #expect(decided.text.contains("(undone: a mistake)"), "\(decided.text)")
            let document = try await program.run(["duplicates", "resolutions", "--json"]).document()
            let first = try #require((document["resolutions"] as? [[String: Any]])?.first)
            #expect(first["undone_reason"] as? String == "a mistake")
            #expect((first["photos"] as? [[String: Any]])?.count == 2)
        }
    }

    @Test(
        "A keeper whose original has gone since is refused, also in a dry run, and of many clusters that one is left out",
        arguments: [false, true])
    func vanished(copies: Bool) async throws {
        let (home, photos) = (try TestFolder(), try TestFolder())
        let program = Program(home: home)
        for (seed, names) in [(1, ["a.png", "b.png"]), (3, ["c.png", "d.png"])] {
            for (index, name) in names.enumerated() {
                try photos.write(TestPicture.png(seed: seed) + Data(repeating: 0, count: index), as: name)
            }
        }
        #expect(try await program.run(["import", photos.path] + (copies ? ["--copy"] : [])).exitCode == 0)
        _ = try await program.run(["duplicates", "scan"])
        let before = try await clusters(program)
        #expect(before.count == 2)
        let cluster = try #require(before.first)
        let id = try #require(cluster["id"] as? String)
        let items = try #require(cluster["photos"] as? [[String: Any]])
        let keeper = try #require(items.first { $0["action"] as? String == "keep" })
        let other = try #require(items.first { $0["action"] as? String == "trash" }?["id"] as? String)
        let path = try #require(keeper["path"] as? String)
        #expect((keeper["key"] as? String != nil) == copies)
        try FileManager.default.removeItem(atPath: path)

        for more in [[], ["--dry-run"], ["--keep", try #require(keeper["id"] as? String)]] {
            let refused = try await program.run(["duplicates", "resolve", id] + more)
            #expect(refused.exitCode == 1, "\(more)")
            #expect(refused.complaints.contains("is not there as it was imported: keep one whose file is there"))
        }
        for more in [["--dry-run"], []] {
            let many = try await program.run(["duplicates", "resolve", "--exact", "--json"] + more)
            #expect(many.exitCode == 2 && many.complaints.contains("is not there"), "\(many.complaints)")
            let report = try many.document()
            #expect(report["resolved"] as? Int == 1)
            let skipped = try #require(report["skipped"] as? [[String: Any]])
            #expect(skipped.compactMap { $0["cluster"] as? String } == [id])
        }
        let kept = try await program.run(["duplicates", "resolve", id, "--keep", other])
        #expect(kept.exitCode == 0, "\(kept.complaints)")
        #expect(try await clusters(program).isEmpty)
    }

    @Test("With a folder away, of many refusals of one reason the first few are told by name, and how many there are")
    func away() async throws {
        let (home, photos) = (try TestFolder(), try TestFolder())
        let program = Program(home: home)
        for seed in 1...5 {
            for copy in 0..<2 {
                try photos.write(
                    TestPicture.png(seed: seed) + Data(repeating: 0, count: copy), as: "\(seed)-\(copy).png")
            }
        }
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        _ = try await program.run(["duplicates", "scan"])
        #expect(try await clusters(program).count == 5)
        try FileManager.default.moveItem(atPath: photos.path, toPath: photos.path + "-away")
        let many = try await program.run(["duplicates", "resolve", "--exact"])
        try FileManager.default.moveItem(atPath: photos.path + "-away", toPath: photos.path)
        let lines = many.complaints.split(separator: "\n").filter { $0.contains("phototui: ") }
        #expect(many.exitCode == 1 && lines.count == 4, "\(many.complaints)")
        #expect(lines[0].contains(photos.path + "/") && lines[0].contains("is not there as it was imported"))
        #expect(lines.last?.hasSuffix("and 2 more like these: --json lists them all") == true)
        #expect(try await clusters(program).count == 5)
    }

    @Test("Only the largest renditions tell what is certain: one that is lost is made anew, or it is told")
    func largestRenditions() async throws {
        let (home, photos) = (try TestFolder(), try TestFolder())
        let program = Program(home: home)
        for copy in 0..<2 {
            try photos.write(TestPicture.png(seed: 1) + Data(repeating: 0, count: copy), as: "\(copy).png")
        }
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        _ = try await program.run(["duplicates", "scan"])
        let before = try await program.run(["duplicates", "list", "--exact", "--json"]).output
        let objects = try #require(FileManager.default.enumerator(atPath: home.path))
        let largest = objects.compactMap { $0 as? String }.filter { $0.hasSuffix("/1024.webp") }
        #expect(largest.count == 2)
        for isCut in [false, true] {
            for name in largest {
                let path = home.path + "/" + name
                if isCut {
                    try Data(try Data(contentsOf: URL(fileURLWithPath: path)).prefix(60)).write(
                        to: URL(fileURLWithPath: path))
                } else {
                    try FileManager.default.removeItem(atPath: path)
                }
            }
            #expect(try await program.run(["duplicates", "list", "--exact", "--json"]).output == before)
        }
        for name in largest { try FileManager.default.removeItem(atPath: home.path + "/" + name) }
        for name in ["0.png", "1.png"] { try FileManager.default.removeItem(atPath: photos.path + "/" + name) }
        let exact = try await program.run(["duplicates", "list", "--exact", "--json"]).document()
        #expect((exact["clusters"] as? [Any])?.isEmpty == true)
        let id = try #require(try await clusters(program).first?["id"] as? String)
        let shown = try await program.run(["duplicates", "show", id])
        #expect(shown.text.contains("look at it"), "\(shown.text)")
    }

    @Test("A scan tells that what was compared stays only where its options are others")
    func hints() async throws {
        try await withLibrary { program, _ in
            _ = try await program.run(["duplicates", "scan"])
            for (options, isTold) in [
                ([], false), (["--distance", "8"], false), (["--no-orientations"], false), (["--distance", "9"], true),
                (["--orientations", "--json"], true),
            ] {
                let scan = try await program.run(["duplicates", "scan"] + options)
                #expect(scan.exitCode == 0, "\(options)")
                #expect(scan.complaints.contains("--all compares it anew") == isTold, "\(options)")
            }
        }
    }

    @Test(
        "What is to win is told as one figure, in the list, before and after resolving, and a cluster named twice counts once"
    )
    func won() async throws {
        let (home, photos) = (try TestFolder(), try TestFolder())
        let program = Program(home: home)
        let picture = TestPicture.png(seed: 1)
        try photos.write(picture, as: "a.png")
        // A copying program's name: it goes, although it is the larger file.
        try photos.write(picture + Data(repeating: 0, count: 5000), as: "a (1).png")
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        _ = try await program.run(["duplicates", "scan"])
        let bytes = picture.count + 5000
        let cluster = try #require(try await clusters(program).first)
        #expect(cluster["bytes_to_win"] as? Int == bytes)
        let id = try #require(cluster["id"] as? String)
        let shown = try await program.run(["duplicates", "show", id])
        let words = try #require(shown.text.split(separator: "\n").first?.split(separator: ", ").last)
        #expect(words.hasSuffix(" to win"))
        #expect(try await program.run(["duplicates", "list"]).text.contains(words.dropLast(" to win".count)))
        let names = [id, String(id.prefix(30)), id]
        let dry = try await program.run(["duplicates", "resolve", "--dry-run"] + names)
        #expect(dry.text.contains("1 photo to the trash, \(words)\n"), "\(dry.text)")
        #expect(dry.complaints == "1 cluster would be resolved, \(words)\n")
        let counted = try await program.run(["duplicates", "resolve", "--dry-run", "--json"] + names).document()
        #expect(counted["resolved"] as? Int == 1 && counted["bytes"] as? Int == bytes)
        let made = try await program.run(["duplicates", "resolve"] + names)
        #expect(made.exitCode == 0, "\(made.complaints)")
        let won = words.replacing(" to win", with: " won")
        #expect(made.text.contains("1 photo to the trash, \(won); undo") && made.complaints.hasSuffix("\(won)\n"))
        let resolutions = try await program.run(["duplicates", "resolutions", "--json"]).document()
        let resolution = try #require((resolutions["resolutions"] as? [[String: Any]])?.first)
        #expect(resolution["bytes"] as? Int == bytes)
        let undo = try #require(resolution["id"] as? String)
        let files = try #require(resolution["photos"] as? [[String: Any]])
        let kept = try #require(files.first { $0["action"] as? String == "keep" }?["filename"] as? String)
        #expect(made.text.contains(" keeps \(kept)"), "\(made.text)")
        let undone = try await program.run(["duplicates", "undo", undo, undo])
        #expect(undone.exitCode == 0 && undone.text.contains(": 1 photo back beside \(kept)\n"), "\(undone.text)")
    }

    @Test("Photos that somebody says are no duplicates are never put together again")
    func distinct() async throws {
        try await withLibrary { program, photos in
            _ = try await program.run(["duplicates", "scan"])
            let decided = try await program.run(
                ["duplicates", "not-duplicate", photos.path + "/a.png", photos.path + "/b.png"])
            #expect(decided.exitCode == 0 && decided.text.hasPrefix("1 pair decided"), "\(decided.complaints)")
            let scan = try await program.run(["duplicates", "scan", "--all", "--orientations", "--json"])
            #expect(try scan.document()["compared"] as? Int == 3)
            #expect(try await clusters(program).isEmpty)
            let again = try await program.run(
                ["duplicates", "not-duplicate", photos.path + "/b.png", photos.path + "/a.png"])
            #expect(again.text == "decided before\n")
        }
    }

    @Test("All clusters are exported as CSV that a spreadsheet reads and nothing obeys, and as JSON lines")
    func exported() async throws {
        try await withLibrary { program, photos in
            try photos.write(TestPicture.png(seed: 1) + Data([1, 2]), as: "x,\"\u{1b}[2J.png")
            #expect(try await program.run(["import", photos.path]).exitCode == 0)
            _ = try await program.run(["duplicates", "scan"])
            let exported = try await program.run(["duplicates", "export"])
            #expect(exported.exitCode == 0, "\(exported.complaints)")
            let lines = exported.text.components(separatedBy: "\r\n")
            #expect(
                lines.count == 5 && lines[4].isEmpty && lines[0].hasPrefix("cluster,tier,certain,action,photo,path,"))
            #expect(lines.contains { $0.contains(",\"\(photos.path)/x,\"\"\\x1b[2J.png\",") }, "\(exported.text)")
            #expect(!exported.text.contains("\u{1b}"))
            let objects = try await program.run(["duplicates", "export", "--json"]).text.split(separator: "\n")
            let object = try #require(objects.first)
            let cluster = try #require(
                JSONSerialization.jsonObject(with: Data(object.utf8)) as? [String: Any])
            #expect(objects.count == 1 && (cluster["photos"] as? [Any])?.count == 3)
        }
    }

    @Test("What can't be is refused with what to do")
    func refused() async throws {
        try await withLibrary { program, photos in
            _ = try await program.run(["duplicates", "scan"])
            for arguments in [
                ["resolve"], ["resolve", "--certain", "x"], ["resolve", "x", "y", "--keep", "z"],
                ["scan", "--distance", "17"],
                ["list", "--limit", "0"], ["list", "--after", "x"], ["undo"], ["not-duplicate"],
            ] {
                #expect(try await program.run(["duplicates"] + arguments).exitCode == 64, "\(arguments)")
            }
            let id = try #require(try await clusters(program).first?["id"] as? String)
            for (arguments, complaint) in [
                (["show", "nobody"], "no cluster is called nobody"),
                (["resolve", "nobody"], "no cluster is called nobody"),
                (["resolve", id, "--keep", photos.path + "/c.png"], "no photo of the cluster is called"),
                (["resolve", id, "--keep", photos.path + "/a.png", "--keep", photos.path + "/b.png"], "all photos"),
                (["undo", "nobody"], "no resolution is called nobody"),
                (["not-duplicate", photos.path + "/a.png", photos.path + "/a.png"], "is named twice"),
                (["not-duplicate", id, photos.path + "/c.png"], "is no photo of it: name the cluster alone"),
                (["stack", id, photos.path + "/c.png"], "is no photo of it"),
            ] {
                let result = try await program.run(["duplicates"] + arguments)
                #expect(result.exitCode == 1 && result.complaints.contains(complaint), "\(arguments): \(result)")
            }
            #expect(try await clusters(program).count == 1)
        }
    }
}
