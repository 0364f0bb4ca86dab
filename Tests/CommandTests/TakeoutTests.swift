import Foundation
import Programs
import Testing

/// `import takeout`, on trees that scripts/takeout_tree.py makes with the quirks of real exports.
@Suite("Takeout")
struct TakeoutTests {
    /// A Takeout as a folder and as archives, and the note of each of its pictures.
    private struct Takeout {
        let place: TestFolder
        var tree: String { place.path + "/tree" }
        var archives: [String] = []
        var notes: [String: String?] = [:]
    }

    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../scripts/takeout_tree.py").standardizedFileURL.path

    private func takeout(_ endings: [String] = []) async throws -> Takeout {
        var takeout = Takeout(place: try TestFolder())
        let photos = takeout.place.path + "/photos"
        try FileManager.default.createDirectory(atPath: photos, withIntermediateDirectories: true)
        let real = try Self.realPhotos()
        for index in 0..<24 {
            let bytes = index < real.count ? real[index] : TestPicture.png(seed: index + 1)
            try takeout.place.write(bytes, as: "photos/\(String(format: "%02d", index))")
        }
        takeout.archives = endings.enumerated().map { "\(takeout.place.path)/takeout-\($0 + 1).\($1)" }
        let made = try await Program(home: takeout.place).shell(
            (["python3", Self.script, photos, takeout.tree] + takeout.archives).map { "'\($0)'" }.joined(separator: " ")
        )
        #expect(made.exitCode == 0, "\(made.complaints)")
        takeout.notes = try #require(JSONSerialization.jsonObject(with: made.output) as? [String: Any])
            .mapValues { $0 as? String }
        return takeout
    }

    /// Real photos without capture time or position of their own, which notes are to fill, where there are any.
    private static func realPhotos() throws -> [Data] {
        guard let folder = ProcessInfo.processInfo.environment["PHOTOTUI_TEST_PHOTOS"] else { return [] }
        let names = ["deb-src-pillow", "deb-src-exiv2"].flatMap { part in
            ((try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(part)")) ?? []).sorted()
                .filter { $0.contains("hopper") && ($0.hasSuffix(".png") || $0.hasSuffix(".webp")) }
                .map { "\(folder)/\(part)/\($0)" }
        }
        return try names.prefix(8).map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
    }

    private func report(_ result: Program.Result) throws -> [String: Any] {
        try #require(try result.document()["takeout"] as? [String: Any], "\(result.complaints)")
    }

    private func paths(_ items: Any?) -> [String] {
        ((items as? [[String: Any]]) ?? []).compactMap { $0["path"] as? String }.sorted()
    }

    private func show(_ program: Program, _ path: String) async throws -> [String: Any] {
        let shown = try await program.run(["show", "--json", path])
        return try #require(try? shown.document(), "\(path): \(shown.complaints)")
    }

    private func albums(_ program: Program) async throws -> [String: Int] {
        let listed = try await program.run(["albums", "--json"]).document()
        let albums = try #require(listed["albums"] as? [[String: Any]])
        return Dictionary(
            uniqueKeysWithValues: albums.map { ($0["name"] as? String ?? "", $0["photo_count"] as? Int ?? -1) })
    }

    private static let year = "Takeout/Google Photos/Photos from 2019"
    private static let album = "Takeout/Google Photos/Lisbon & Sintra"

    @Test("Notes with times that can't be, cut off, or not JSON are told, and end nothing", arguments: [true, false])
    func unreadableNotes(_ isArchive: Bool) async throws {
        let (home, place) = (try TestFolder(), try TestFolder())
        var program = Program(home: home, ["TZ": "UTC"])
        let year = "Takeout/Google Fotos/Fotos von 2017"
        try FileManager.default.createDirectory(atPath: "\(place.path)/\(year)", withIntermediateDirectories: true)
        func note(_ name: String, _ json: String) throws {
            try place.write(Data(json.utf8), as: "\(year)/\(name).json")
        }
        let times = ["10000000000000", "-1000000000000000000", "9223372036854775807", "253402300800", "1500000000"]
        for (index, time) in times.enumerated() {
            try place.write(TestPicture.png(seed: index + 1), as: "\(year)/\(index).png")
            try note(
                "\(index).png",
                "{\"title\": \"\(index).png\", \"description\": \"of \(index)\", \"photoTakenTime\": {\"timestamp\": \"\(time)\"}}"
            )
        }
        try place.write(
            Data("1\t48.85341\t2.3488\tFR\tFrance\tParis\t\tEurope/Paris\t2138551\n".utf8), as: "places.tsv")
        program.environment["PHOTOTUI_PLACES"] = place.path + "/places.tsv"
        try place.write(TestPicture.png(seed: 30), as: "\(year)/paris.png")
        try note(
            "paris.png",
            """
            {"title": "paris.png", "photoTakenTime": {"timestamp": "1500000000"},
             "geoData": {"latitude": 48.85, "longitude": 2.35, "altitude": 0}}
            """)
        for (name, json) in [("cut", "{\"title\": \"cut.png\", \"descr"), ("none", "not JSON"), ("other", "[1, 2]")] {
            try place.write(TestPicture.png(seed: 10 + name.count), as: "\(year)/\(name).png")
            try note("\(name).png", json)
        }
        try note("shared_album_comments", "{}")
        let path = place.path + (isArchive ? "/t.zip" : "/Takeout")
        let zipped = try await program.shell(
            "python3 -c 'import shutil; shutil.make_archive(\"t\", \"zip\", \".\", \"Takeout\")'", in: place)
        #expect(zipped.exitCode == 0, "\(zipped.complaints)")
        for more in [["--dry-run"], []] {
            let result = try await program.run(["import", "takeout", "--json", path] + more)
            #expect(result.exitCode == 0 || result.exitCode == 2, "\(result.exitCode) \(result.complaints)")
            let problems = try report(result)["problems"] as? [[String: Any]] ?? []
            let told = paths(problems).map { String($0.split(separator: "/").last ?? "") }
            let expected = ["0", "1", "2", "3", "cut", "none", "other"].map { $0 + ".png.json" }
            #expect(told == expected, "\(problems)")
        }
        let shown = try await program.run(["photos", "--json"]).document()
        let photos = try #require(shown["photos"] as? [[String: Any]])
        #expect(photos.count == 9)
        let dates = photos.compactMap { $0["taken_at"] as? String }.filter { $0.hasPrefix("2017-07-14") }
        #expect(dates.count == 2, "the times that can be")
        #expect(try await program.run(["search", "--count", "in:france"]).text.hasPrefix("1"), "at once")
        #expect(try await program.run(["search", "--count", "of"]).text.hasPrefix("5"))
    }

    @Test(
        "Notes find their pictures, albums are kept, and a second run changes nothing",
        arguments: [[], ["zip"], ["tgz"], ["zip", "zip", "zip"], ["tgz", "zip"]])
    func imports(_ endings: [String]) async throws {
        let (home, takeout) = (try TestFolder(), try await takeout(endings))
        let program = Program(home: home, ["TZ": "UTC"])
        let paths = endings.isEmpty ? [takeout.tree] : takeout.archives
        let command = ["import", "takeout", "--json"] + paths
        let dry = try await program.run(command + ["--dry-run"])
        #expect(dry.exitCode == 0, "\(dry.complaints)")
        #expect(try await program.run(["photos", "--json"]).exitCode == 1)

        let made = try await program.run(command)
        #expect(made.exitCode == 0, "\(made.text) \(made.complaints)")
        let document = try made.document()
        let told = try report(made)
        #expect(
            told as NSDictionary == (try report(dry)).merging(
                ["archived": told["archived"] ?? 0, "archive_edit": told["archive_edit"] ?? NSNull()]) { $1 }
                as NSDictionary)

        // What belongs together is known by whoever made the names.
        let pictures = takeout.notes.filter { !$0.key.contains("thrown away") }
        let unmatched = pictures.filter { $0.value == nil }.keys
        #expect(told["pictures"] as? Int == pictures.count)
        #expect(told["matched"] as? Int == pictures.count - unmatched.count)
        #expect(told["videos"] as? Int == 0 && told["trashed"] as? Int == 1)
        func isSame(_ found: [String], _ names: some Collection<String>) -> Bool {
            found.count == names.count && names.allSatisfy { name in found.contains { $0.hasSuffix("/" + name) } }
        }
        #expect(isSame(self.paths(told["unmatched"]), unmatched), "\(self.paths(told["unmatched"]))")
        #expect(
            isSame(self.paths(told["unused"]), ["Takeout/Google Photos/Photos from 2020/lost.jpg.json"]),
            "\(self.paths(told["unused"]))")
        #expect(self.paths(told["problems"]) == [])
        // In a folder it is among the files that are not supported.
        let others = endings.isEmpty ? [] : ["Takeout/archive_browser.html"]
        #expect(isSame(self.paths(told["others"]), others), "\(self.paths(told["others"]))")
        let items = try #require(document["items"] as? [[String: Any]])
        let outcomes = Dictionary(grouping: items) { $0["outcome"] as? String ?? "" }.mapValues(\.count)
        #expect(outcomes["rejected"] == nil)
        // Two pictures are in the album once more.
        #expect(outcomes["imported"] == pictures.count - 2 && outcomes["known"] == 2, "\(outcomes)")

        for (picture, note) in pictures {
            let item = try #require(items.first { ($0["path"] as? String)?.hasSuffix("/" + picture) == true })
            let path = try #require(item["path"] as? String)
            let why = try await program.run(["why", "--json", path])
            #expect(why.text.contains(path.replacing("/", with: "/")), "where \(picture) came from")
            if let note { #expect(why.text.contains("/\(note)\""), "\(picture) has \(note): \(why.text)") }
        }

        let first = try #require(
            items.first { ($0["path"] as? String)?.hasSuffix("\(Self.year)/IMG_0001.jpg") == true }?["path"] as? String)
        let shown = try await show(program, first)
        #expect(shown["caption"] as? String == "Dinner 'by\u{1b}[31m the sea")
        #expect(shown["favourite"] as? Bool == true)
        #expect(abs((shown["latitude"] as? Double ?? 0) - 38.7139) < 1e-6)
        #expect(shown["taken_at"] as? String == "2019-06-08T13:20:00+00:00", "\(shown["taken_at"] ?? "")")
        #expect(shown["taken_at_source"] as? String == "sidecar")
        let keywords = try #require(shown["keywords"] as? [String])
        #expect(Set(keywords) == ["People/Anna", "People/Rui∕Costa"], "\(keywords)")
        #expect(try await albums(program) == ["Lisbon & Sintra ∕ 2019": 4])
        // What is archived there is out of the timeline here, and a person who brings it back is not overruled.
        #expect(told["archived"] as? Int == 2)
        let timeline = try await program.run(["photos", "--json", "--limit", "500"]).document()["photos"] as? [Any]
        #expect(timeline?.count == pictures.count - 2 - 2)
        #expect(
            try await program.run(["edits", "undo", try #require(told["archive_edit"] as? String)]).exitCode == 0)

        let again = try await program.run(command)
        let second = try again.document()
        #expect(second["imported"] as? Int == 0 && second["bytes_read"] as? Int == 0, "\(again.text)")
        #expect((second["albums"] as? [String: Any])?["edit"] is NSNull)
        #expect(try report(again)["archived"] as? Int == 0)
        #expect(try await albums(program) == ["Lisbon & Sintra ∕ 2019": 4])
        #expect(try await program.run(["doctor", "--json"]).text.contains("\"fault\"") == false)
        #expect(!FileManager.default.fileExists(atPath: home.path + "/library/unpacking"))
        if !endings.isEmpty {
            // The archives may go: the library has their pictures.
            for archive in takeout.archives { try FileManager.default.removeItem(atPath: archive) }
            let fetched = try await program.run(["fetch", first, "-o", home.path + "/out.jpg"])
            #expect(fetched.exitCode == 0, "\(fetched.complaints)")
            #expect(
                try Data(contentsOf: URL(fileURLWithPath: home.path + "/out.jpg"))
                    == Data(contentsOf: URL(fileURLWithPath: "\(takeout.tree)/\(Self.year)/IMG_0001.jpg")))
        }
    }

    @Test("What a picture says of itself goes before its note")
    func precedence() async throws {
        let (home, place) = (try TestFolder(), try TestFolder())
        let program = Program(home: home, ["TZ": "UTC"])
        let folder = place.path + "/Takeout/Google Photos/Photos from 2019"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, seed) in [("told", 1), ("untold", 2)] {
            try TestPicture.png(seed: seed).write(to: URL(fileURLWithPath: "\(folder)/\(name).png"))
            let note = """
                {"title": "\(name).png", "description": "the note's", "photoTakenTime": {"timestamp": "1560000000"},
                "geoData": {"latitude": 10.5, "longitude": 20.5, "altitude": 0.0}, "url": "https://photos.google.com/photo/A"}
                """
            try Data(note.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name).png.json"))
        }
        let written = try await program.shell(
            "exiftool -q -overwrite_original -EXIF:DateTimeOriginal='2001:02:03 04:05:06' -GPSLatitude=50 -GPSLatitudeRef=N "
                + "-GPSLongitude=5 -GPSLongitudeRef=E -XMP-dc:Description=files '\(folder)/told.png'")
        #expect(written.exitCode == 0, "\(written.complaints)")
        #expect(try await program.run(["import", "takeout", place.path]).exitCode == 0)
        let told = try await show(program, "\(folder)/told.png")
        #expect((told["taken_at"] as? String)?.hasPrefix("2001-02-03T04:05:06") == true, "\(told)")
        #expect(told["latitude"] as? Double == 50 && told["caption"] as? String == "files")
        let untold = try await show(program, "\(folder)/untold.png")
        #expect(untold["taken_at"] as? String == "2019-06-08T13:20:00+00:00")
        #expect(untold["latitude"] as? Double == 10.5 && untold["caption"] as? String == "the note's")
        let months = try await program.run(["months", "--json"]).document()["months"] as? [[String: Any]]
        #expect(months?.compactMap { $0["month"] as? String } == ["2019-06", "2001-02"])
    }

    @Test("Hostile and damaged archives cost themselves alone, and nothing is written outside the library")
    func hostile() async throws {
        let (home, place) = (try TestFolder(), try TestFolder())
        let program = Program(home: home)
        for seed in 1...3 { try place.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        let made = try await program.shell(
            """
            cd '\(place.path)' && python3 - <<'END'
            import io, os, random, tarfile, zipfile
            good = open("1.png", "rb").read()
            with zipfile.ZipFile("paths.zip", "w") as z:
                z.writestr("Takeout/good.png", good)
                z.writestr("../../escaped.png", open("2.png", "rb").read())
                z.writestr("/tmp/phototui-escaped.png", open("2.png", "rb").read())
                z.writestr("Takeout/\\x1b]0;x\\x07.png", open("3.png", "rb").read())
                link = zipfile.ZipInfo("Takeout/link.png")
                link.create_system, link.external_attr = 3, 0o120777 << 16
                z.writestr(link, "/etc/passwd")
            with tarfile.open("links.tgz", "w:gz") as t:
                for kind, name in ((tarfile.SYMTYPE, "s.png"), (tarfile.LNKTYPE, "h.png"), (tarfile.FIFOTYPE, "f.png"),
                                   (tarfile.CHRTYPE, "c.png")):
                    info = tarfile.TarInfo("Takeout/" + name)
                    info.type, info.linkname = kind, "/etc/passwd"
                    t.addfile(info)
            with zipfile.ZipFile("bomb.zip", "w", zipfile.ZIP_DEFLATED) as z:
                with z.open("Takeout/bomb.png", "w", force_zip64=True) as f:
                    f.write(good)
                    for _ in range(600): f.write(bytes(1 << 20))
            random.seed(1)
            with tarfile.open("whole.tgz", "w:gz") as t:
                for number in range(40):
                    info = tarfile.TarInfo(f"Takeout/noise{number}.txt")
                    info.size = 20000
                    t.addfile(info, io.BytesIO(random.randbytes(20000)))
                    if number == 0:
                        info = tarfile.TarInfo("Takeout/first.png")
                        info.size = len(good)
                        t.addfile(info, io.BytesIO(good))
            whole = open("whole.tgz", "rb").read()
            open("cut.tgz", "wb").write(whole[:len(whole) // 2])
            open("noise.zip", "wb").write(b"PK\\x03\\x04" + random.randbytes(5000))
            open("empty.zip", "wb").write(b"PK\\x05\\x06" + bytes(18))
            END
            """, in: place)
        #expect(made.exitCode == 0, "\(made.complaints)")
        // The encrypted flag of a zip's entry, in its local header and in its directory.
        var locked = try Data(contentsOf: URL(fileURLWithPath: place.path + "/paths.zip"))
        for signature in [[0x50, 0x4B, 3, 4], [0x50, 0x4B, 1, 2]] as [[UInt8]] {
            guard let start = locked.firstRange(of: Data(signature))?.lowerBound else { continue }
            locked[start + (signature[2] == 3 ? 6 : 8)] |= 1
        }
        try place.write(locked, as: "locked.zip")
        let names = ["paths.zip", "links.tgz", "bomb.zip", "cut.tgz", "noise.zip", "empty.zip", "locked.zip"]
        let result = try await program.run(["import", "takeout", "--json"] + names.map { place.path + "/" + $0 })
        #expect(result.exitCode == 2, "\(result.complaints)")
        let told = try report(result)
        let problems = try #require(told["problems"] as? [[String: Any]])
        func problem(_ name: String) -> String {
            problems.filter { ($0["path"] as? String ?? "").contains(name) }.compactMap { $0["reason"] as? String }
                .joined(separator: "\\n")
        }
        #expect(problem("paths.zip").contains("leads out of it: ../../escaped.png"), "\(problems)")
        #expect(problem("paths.zip").contains("leads out of it: /tmp/phototui-escaped.png"))
        #expect(problem("paths.zip/Takeout/link.png").contains("a link"))
        for name in ["s.png", "h.png"] { #expect(problem("links.tgz/Takeout/\(name)").contains("a link")) }
        for name in ["f.png", "c.png"] { #expect(problem("links.tgz/Takeout/\(name)").contains("neither")) }
        #expect(problem("cut.tgz").contains("ends early"))
        #expect(problem("noise.zip").contains("ends early"))
        #expect(problem("locked.zip/Takeout/good.png").contains("encrypted"))
        let items = try #require(try result.document()["items"] as? [[String: Any]])
        func outcome(_ name: String) -> String? {
            items.first { ($0["path"] as? String ?? "").hasSuffix(name) }?["outcome"] as? String
        }
        #expect(
            outcome("paths.zip/Takeout/good.png") == "imported" || outcome("cut.tgz/Takeout/first.png") == "imported")
        #expect(outcome("bomb.zip/Takeout/bomb.png") == "rejected", "\(items)")
        #expect(!FileManager.default.fileExists(atPath: "/tmp/phototui-escaped.png"))
        #expect(!FileManager.default.fileExists(atPath: home.path + "/escaped.png"))
        let text = try await program.run(["import", "takeout"] + names.map { place.path + "/" + $0 })
        #expect(!text.text.contains("\u{1b}]0;"))
        let left = try FileManager.default.subpathsOfDirectory(atPath: home.path + "/library")
        #expect(left.allSatisfy { !$0.hasPrefix("unpacking/") }, "\(left)")
    }

    @Test("An import that is killed goes on where it was, and leaves nothing unpacked")
    func killed() async throws {
        let (home, place) = (try TestFolder(), try TestFolder())
        let program = Program(home: home)
        try FileManager.default.createDirectory(atPath: place.path + "/Takeout", withIntermediateDirectories: true)
        for seed in 1...90 { try place.write(TestPicture.png(seed: seed), as: "Takeout/IMG_\(seed).png") }
        let packed = try await program.shell("tar czf whole.tgz Takeout", in: place)
        #expect(packed.exitCode == 0, "\(packed.complaints)")
        let archive = place.path + "/whole.tgz"
        // Killed as soon as something is in the library.
        let killed = try await program.shell(
            """
            phototui import takeout '\(archive)' > /dev/null 2>&1 & pid=$!
            for attempt in $(seq 600); do
                [ -n "$(find library/objects/originals -type f 2> /dev/null | head -1)" ] && break; sleep 0.05
            done
            kill -9 $pid; wait $pid; true
            """, in: home)
        #expect(killed.exitCode == 0, "\(killed.complaints)")
        let result = try await program.run(["import", "takeout", "--json", archive])
        #expect(result.exitCode == 0, "\(result.complaints)")
        let document = try result.document()
        #expect((document["imported"] as? Int ?? 0) + (document["known"] as? Int ?? 0) == 90)
        let photos = try await program.run(["photos", "--json", "--limit", "500"]).document()["photos"] as? [Any]
        #expect(photos?.count == 90)
        #expect(!FileManager.default.fileExists(atPath: home.path + "/library/unpacking"))
        let originals = try FileManager.default.subpathsOfDirectory(atPath: home.path + "/library/objects/originals")
        #expect(originals.count { $0.hasSuffix(".png") } == 90)
    }
}
