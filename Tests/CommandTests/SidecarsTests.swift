import Foundation
import Testing

@Suite("sidecars")
struct SidecarsTests {
    /// As digiKam and darktable write it, with what is theirs alone.
    private static let told = """
        "XMP-xmp:Rating": 4, "XMP-dc:Description": "the beach", "XMP-dc:Description-de": "der Strand",
        "XMP-dc:Subject": ["sea", "Lisbon"], "XMP-digiKam:TagsList": ["sea", "Places/Portugal/Lisbon"],
        "XMP-lr:HierarchicalSubject": ["sea", "Places|Portugal|Lisbon"], "XMP-digiKam:PickLabel": 3,
        "XMP-exif:GPSLatitude": 38.7123456, "XMP-exif:GPSLongitude": -9.1398765, "XMP-exif:GPSAltitude": 12.5,
        "XMP-crs:Exposure2012": "+0.35", "XMP-crs:ToneCurvePV2012": ["0, 0", "255, 255"],
        "XMP-xmpMM:History": [{"Action": "saved", "SoftwareAgent": "darktable"}],
        "XMP-mwg-rs:RegionInfo": {"AppliedToDimensions": {"W": 96, "H": 64, "Unit": "pixel"}, "RegionList": [
            {"Area": {"X": 0.25, "Y": 0.5, "W": 0.25, "H": 0.5, "Unit": "normalized"}, "Name": "Ana", "Type": "Face"},
            {"Area": {"X": 0.75, "Y": 0.5, "W": 0.25, "H": 0.5, "Unit": "normalized"}, "Name": "Rex", "Type": "Pet"}]}
        """

    private func exiftool(_ program: Program, _ script: String, in folder: TestFolder) async throws -> String {
        let done = try await program.shell("exiftool \(script)", in: folder)
        #expect(done.exitCode == 0, "\(done.complaints)")
        return done.text
    }

    /// Writes tags into a sidecar that is there, or a new one.
    private func say(_ tags: String, in sidecar: String, _ program: Program, _ folder: TestFolder) async throws {
        try folder.write(Data("[{\"SourceFile\": \"\(sidecar)\", \(tags)}]".utf8), as: ".tags.json")
        _ = try await exiftool(
            program, "-q -struct -overwrite_original -json=.tags.json \(sidecar) && rm .tags.json", in: folder)
    }

    private func shown(_ program: Program, _ path: String) async throws -> [String: Any] {
        try await program.run(["show", "--json", path]).document()
    }

    /// What a person and their programs said of a photo.
    private func marks(_ document: [String: Any]) -> [String] {
        let faces = (document["faces"] as? [[String: Any]] ?? []).map { face in
            "\(face["name"] as? String ?? "-") \(face["x"] ?? 0) \(face["y"] ?? 0) \(face["width"] ?? 0) \(face["height"] ?? 0)"
        }
        let words = (document["photo_tags"] as? [String] ?? []) + (document["keywords"] as? [String] ?? [])
        func rounded(_ name: String) -> String {
            (document[name] as? Double).map { "\(($0 * 1e7).rounded() / 1e7)" } ?? "-"
        }
        return [
            "\(document["rating"] as? Int ?? -1)", document["caption"] as? String ?? "-",
            "\(document["favourite"] as? Bool ?? false)", rounded("latitude"), rounded("longitude"),
            rounded("altitude"),
        ] + words.sorted() + faces
    }

    @Test("An import takes up what a sidecar says, again when it changed, and leaves alone what was edited here")
    func read() async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        let program = Program(home: home)
        try photos.write(TestPicture.png(seed: 1), as: "a.png")
        try photos.write(TestPicture.png(seed: 2), as: "b.png")
        try await say(Self.told, in: "a.png.xmp", program, photos)
        try await say("\"XMP-xmp:Rating\": 2, \"XMP-dc:Description\": \"b\"", in: "b.xmp", program, photos)
        let first = try await program.run(["import", "--json", photos.path])
        #expect(first.exitCode == 0, "\(first.complaints)")
        let one = try await shown(program, photos.path + "/a.png")
        #expect(
            marks(one) == [
                "4", "the beach", "true", "38.7123456", "-9.1398765", "12.5", "Places/Portugal/Lisbon", "sea",
                "Ana 0.125 0.25 0.25 0.5",
            ])
        let other = try await shown(program, photos.path + "/b.png")
        #expect(marks(other) == ["2", "b", "false", "-", "-", "-"])

        #expect(try await program.run(["caption", "--text", "mine", photos.path + "/b.png"]).exitCode == 0)
        try await say("\"XMP-xmp:Rating\": 5, \"XMP-dc:Description\": \"theirs\"", in: "b.xmp", program, photos)
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        #expect(try await marks(shown(program, photos.path + "/b.png")) == ["5", "mine", "false", "-", "-", "-"])

        // One that comes later than its photo, and a photo that comes later than its sidecar.
        try photos.write(TestPicture.png(seed: 3), as: "c.png")
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        try await say("\"XMP-xmp:Rating\": 3", in: "c.png.xmp", program, photos)
        try await say("\"XMP-xmp:Rating\": 1", in: "d.png.xmp", program, photos)
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        try photos.write(TestPicture.png(seed: 4), as: "d.png")
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        #expect(try await shown(program, photos.path + "/c.png")["rating"] as? Int == 3)
        #expect(try await shown(program, photos.path + "/d.png")["rating"] as? Int == 1)
        let check = try await program.run(["doctor", "--json"])
        #expect(check.text.contains("no fault found"), "\(check.text)")
    }

    @Test("What is written, exiftool reads, another library takes up alike, and what else was there stays")
    func written() async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        let program = Program(home: home)
        let path = photos.path + "/a.png"
        try photos.write(TestPicture.png(seed: 1), as: "a.png")
        try await say(Self.told, in: "a.png.xmp", program, photos)
        _ = try await exiftool(program, "-q -n -overwrite_original -Orientation=6 a.png", in: photos)
        let original = try Data(contentsOf: URL(filePath: path))
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        for change in [
            ["rate", "5"], ["caption", "--text", "Strand “am Abend” <&>"], ["tags", "add", "Trips/2024"],
            ["tags", "add", "AC|DC"],
        ] {
            #expect(try await program.run(change + [path]).exitCode == 0)
        }
        let done = try await program.run(["sidecars", "write", "--json", path])
        #expect(done.exitCode == 0, "\(done.complaints)")
        let items = try #require(try done.document()["sidecars"] as? [[String: Any]])
        #expect(items.map { $0["path"] as? String } == [path + ".xmp"])
        #expect(items.map { $0["outcome"] as? String } == ["written"])
        #expect(try Data(contentsOf: URL(filePath: path)) == original)

        let judged = try await exiftool(program, "-j -n -struct -G1 a.png.xmp", in: photos)
        let tags = try #require(
            (try JSONSerialization.jsonObject(with: Data(judged.utf8)) as? [[String: Any]])?.first)
        #expect(tags["XMP-xmp:Rating"] as? Int == 5)
        #expect(tags["XMP-dc:Description"] as? String == "Strand “am Abend” <&>")
        #expect(tags["XMP-dc:Description-de"] as? String == "der Strand")
        #expect((tags["XMP-dc:Subject"] as? [Any])?.map { "\($0)" } == ["sea", "Lisbon", "AC|DC", "2024"])
        #expect(
            tags["XMP-digiKam:TagsList"] as? [String] == ["sea", "Places/Portugal/Lisbon", "AC|DC", "Trips/2024"])
        #expect(
            tags["XMP-lr:HierarchicalSubject"] as? [String] == ["sea", "Places|Portugal|Lisbon", "Trips|2024"])
        #expect(tags["XMP-digiKam:PickLabel"] as? Int == 3)
        #expect(abs((tags["XMP-exif:GPSLatitude"] as? Double ?? 0) - 38.712_345_6) < 1e-8)
        #expect(abs((tags["XMP-exif:GPSLongitude"] as? Double ?? 0) + 9.139_876_5) < 1e-8)
        #expect(tags["XMP-exif:GPSAltitude"] as? Double == 12.5)
        let info = try #require(tags["XMP-mwg-rs:RegionInfo"] as? [String: Any])
        let regions = try #require(info["RegionList"] as? [[String: Any]])
        #expect(regions.map { $0["Name"] as? String } == ["Ana", "Rex"])
        #expect(regions.map { $0["Type"] as? String } == ["Face", "Pet"])
        let area = try #require(regions.first?["Area"] as? [String: Any])
        #expect(["X", "Y", "W", "H"].map { area[$0] as? Double } == [0.25, 0.5, 0.25, 0.5])
        // What is no mark of ours.
        #expect(tags["XMP-crs:ToneCurvePV2012"] as? [String] == ["0, 0", "255, 255"])
        #expect((tags["XMP-xmpMM:History"] as? [[String: Any]])?.first?["SoftwareAgent"] as? String == "darktable")

        let again = try await program.run(["sidecars", "write", path])
        #expect(again.text.contains("says it all already"), "\(again.text)")
        let known = try await marks(shown(program, path))
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        #expect(try await marks(shown(program, path)) == known, "our own sidecar changes nothing here")
        let otherHome = try TestFolder()
        let other = Program(home: otherHome)
        #expect(try await other.run(["import", photos.path]).exitCode == 0)
        #expect(try await marks(shown(other, path)) == known, "the round trip")
    }

    @Test("What another program wrote, and is held here in part or not at all, stays as it was")
    func keepsWhatIsNotHeld() async throws {
        let program = Program(home: try TestFolder())
        let photos = try TestFolder()
        let long = String(repeating: "sunset at the beach ", count: 1000)
        let words = (0..<5000).map { "\"word\($0)\"" }.joined(separator: ", ")
        let told = [
            "\"XMP-xmp:Rating\": -1, \"XMP-dc:Title\": \"Titel\"", "\"XMP-xmp:Rating\": -1",
            "\"XMP-xmp:Rating\": 4.5", "\"XMP-dc:Description\": \"\(long)\"",
            "\"XMP-dc:Description\": \"\(String(repeating: long, count: 250))\"", "\"XMP-dc:Subject\": [\(words)]",
        ]
        for (index, tags) in told.enumerated() {
            try photos.write(TestPicture.png(seed: index + 1), as: "\(index).png")
            try await say(tags, in: "\(index).png.xmp", program, photos)
        }
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        func judged() async throws -> [[String: String]] {
            let text = try await exiftool(program, "-j -n -G1 -XMP:all *.xmp", in: photos)
            let all = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
            return all.map { tags in
                tags.filter { !["SourceFile", "XMP-x:XMPToolkit"].contains($0.key) }.mapValues { "\($0)" }
            }
        }
        // exiftool reads no more than a thousand.
        func wordCount() throws -> Int {
            let text = String(decoding: try Data(contentsOf: URL(filePath: photos.path + "/5.png.xmp")), as: UTF8.self)
            return text.ranges(of: "<rdf:li>").count
        }
        let before = try await judged()
        let untouched = try await program.run(["sidecars", "write", "--search", ""])
        #expect(untouched.exitCode == 0, "\(untouched.complaints)")
        #expect(untouched.text.split(separator: "\n").allSatisfy { $0.hasSuffix("says it all already") })
        #expect(try await judged() == before)
        #expect(try wordCount() == 5000)

        #expect(try await program.run(["tags", "add", "new", "--search", ""]).exitCode == 0)
        #expect(try await program.run(["sidecars", "write", "--search", ""]).exitCode == 0)
        let after = try await judged()
        for (index, (was, now)) in zip(before, after).enumerated() {
            let kept = was.filter { $0.key != "XMP-dc:Subject" }
            #expect(now.filter { kept[$0.key] != nil } == kept, "\(index)")
            if index < 5 { #expect(now["XMP-dc:Subject"] == "new", "\(index)") }
        }
        #expect(try wordCount() == 5001)
        #expect(after.last?["XMP-digiKam:TagsList"] == nil, "it would tell a part of the words")

        // What an edit here took away goes, and so does a tag; of one that another program rejected, the rating stays.
        #expect(try await program.run(["tags", "remove", "new", "--search", ""]).exitCode == 0)
        #expect(try await program.run(["caption", "--clear", photos.path + "/3.png"]).exitCode == 0)
        #expect(try await program.run(["rate", "2", photos.path + "/2.png"]).exitCode == 0)
        #expect(try await program.run(["sidecars", "write", "--search", ""]).exitCode == 0)
        var expected = before
        expected[2]["XMP-xmp:Rating"] = "2"
        expected[3]["XMP-dc:Description"] = nil
        #expect(try await judged() == expected)
        #expect(try wordCount() == 5000)
        // An import takes what is left, also of the one in which nothing is.
        let again = try await program.run(["import", "--json", photos.path])
        #expect(again.exitCode == 0, "\(again.text)")
        #expect(try await shown(program, photos.path + "/0.png")["keywords"] as? [String] == [])
        #expect(try await program.run(["search", "--count", "new"]).text.hasPrefix("0"))
    }

    @Test("Tags come back as keywords, and are tags again once they are adopted")
    func adopted() async throws {
        let program = Program(home: try TestFolder())
        let (photos, out) = (try TestFolder(), try TestFolder())
        for number in 1...3 { try photos.write(TestPicture.png(seed: number), as: "\(number).png") }
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        #expect(
            try await program.run(["tags", "add", "beach", photos.path + "/1.png", photos.path + "/2.png"]).exitCode
                == 0)
        #expect(try await program.run(["tags", "add", "Trips/2024", photos.path + "/1.png"]).exitCode == 0)
        #expect(try await program.run(["export", "--all", "--to", out.path, "--sidecars"]).exitCode == 0)
        let other = Program(home: try TestFolder())
        #expect(try await other.run(["import", out.path]).exitCode == 0)
        func tags() async throws -> [String: Int] {
            let all = try #require(try await other.run(["tags", "--json"]).document()["tags"] as? [[String: Any]])
            return Dictionary(
                uniqueKeysWithValues: all.map { ($0["name"] as? String ?? "", $0["photo_count"] as? Int ?? -1) })
        }
        #expect(try await tags().isEmpty)
        #expect(try await other.run(["tags", "adopt", "--search", "", "--dry-run"]).text.contains("beach: 2 photos"))
        #expect(try await tags().isEmpty)
        let done = try await other.run(["tags", "adopt", "--search", ""])
        #expect(done.exitCode == 0 && done.text.contains("2 tags adopted"), "\(done.text)\(done.complaints)")
        #expect(try await tags() == ["beach": 2, "Trips/2024": 1])
        #expect(try await other.run(["search", "--count", "tag:beach"]).text.hasPrefix("2"))
        #expect(try await other.run(["search", "--count", "no:tag"]).text.hasPrefix("1"))
        // What is taken away is not given again, neither by that nor by a sidecar that still has it.
        #expect(try await other.run(["tags", "remove", "beach", out.path + "/2.png"]).exitCode == 0)
        #expect(try await other.run(["tags", "rename", "beach", "Strand"]).exitCode == 0)
        #expect(try await other.run(["tags", "adopt", "--search", ""]).text.contains("nothing to adopt"))
        #expect(try await tags() == ["Strand": 1, "Trips/2024": 1])
        let edit = try #require(done.text.split(separator: " ").last).trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try await other.run(["edits", "undo", edit]).exitCode != 1)
        #expect(try await tags() == [:])
    }

    @Test("Sidecars go into a folder where that is asked for, and have to for a photo that lies in none")
    func folder() async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        let program = Program(home: home)
        try photos.write(TestPicture.png(seed: 1), as: "a.png")
        try FileManager.default.createDirectory(atPath: photos.path + "/b", withIntermediateDirectories: false)
        try photos.write(TestPicture.png(seed: 2), as: "b/a.png")
        #expect(try await program.run(["import", "--copy", photos.path]).exitCode == 0)
        let list = try await program.run(["photos", "--json"]).document()
        let ids = try #require(list["photos"] as? [[String: Any]]).compactMap { $0["id"] as? String }
        let target = home.path + "/out"
        let done = try await program.run(["sidecars", "write", "--to", target] + ids)
        #expect(done.exitCode == 2, "two photos of one name")
        #expect(done.complaints.contains("another photo of the same name"), "\(done.complaints)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: target) == ["a.png.xmp"])
        for name in ["a.png", "b"] { try FileManager.default.removeItem(atPath: photos.path + "/" + name) }
        let gone = try await program.run(["sidecars", "write", ids[0]])
        #expect(gone.exitCode == 1 && gone.complaints.contains("--to"), "\(gone.complaints)")
        #expect(try await program.run(["sidecars", "write"]).exitCode == 64)
    }

    @Test(
        "A sidecar that is no XMP is rejected, is no photo's loss, and is not written over",
        arguments: [
            "", "not XML", "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF",
            "<!DOCTYPE a [<!ENTITY b \"bbbbbbbbbb\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]><a>&c;</a>",
            String(repeating: "<a>", count: 200_000),
        ])
    func hostile(text: String) async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        let program = Program(home: home)
        try photos.write(TestPicture.png(seed: 1), as: "a.png")
        try photos.write(Data(text.utf8), as: "a.png.xmp")
        let done = try await program.run(["import", "--json", photos.path])
        #expect(done.exitCode == 2, "\(done.text)")
        #expect(try done.document()["rejected"] as? Int == 1)
        #expect(try await shown(program, photos.path + "/a.png")["status"] as? String == "ready")
        let refused = try await program.run(["sidecars", "write", photos.path + "/a.png"])
        #expect(refused.exitCode == 1 && !refused.complaints.isEmpty)
        #expect(try Data(contentsOf: URL(filePath: photos.path + "/a.png.xmp")) == Data(text.utf8))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: photos.path).sorted() == ["a.png", "a.png.xmp"])
    }
}
