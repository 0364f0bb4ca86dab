import Foundation
import Testing

@Suite("export")
struct ExportTests {
    private func bytes(_ path: String) -> Data? { FileManager.default.contents(atPath: path) }

    private func names(_ folder: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder).sorted().filter {
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: folder + "/" + $0, isDirectory: &isFolder)
                && !isFolder.boolValue
        }
    }

    /// A home with three photos, two of which say where they were taken.
    private func prepared() async throws -> (Program, photos: TestFolder) {
        let program = Program(home: try TestFolder())
        let photos = try TestFolder()
        for number in 1...3 { try photos.write(TestPicture.png(seed: number), as: "\(number).png") }
        let tagged = try await program.shell(
            """
            exiftool -q -overwrite_original -n -EXIF:GPSLatitude=38.7 -EXIF:GPSLatitudeRef=N -EXIF:GPSLongitude=9.1 \
                -EXIF:GPSLongitudeRef=W -EXIF:Artist=Ana -XMP-exif:GPSLatitude=38.7 -XMP-dc:Description=sea 1.png 2.png
            """, in: photos)
        #expect(tagged.exitCode == 0, "\(tagged.complaints)")
        let imported = try await program.run(["import", photos.path])
        #expect(imported.exitCode == 0, "\(imported.complaints)")
        return (program, photos)
    }

    private func positions(_ program: Program, _ folder: String) async throws -> String {
        try await program.shell("exiftool -r -q -q -a -G1 -s '-*gps*' '\(folder)'").text
    }

    @Test("Photos leave without where they were taken, everything else as it was, and once")
    func exports() async throws {
        let (program, photos) = try await prepared()
        let sources = try (1...3).map { try #require(bytes(photos.path + "/\($0).png")) }
        let out = try TestFolder()
        let first = try await program.run(["export", "--all", "--to", out.path, "--sidecars", "--json"])
        #expect(first.exitCode == 0, "\(first.complaints)")
        let items = try #require(first.document()["items"] as? [[String: Any]])
        #expect(items.compactMap { $0["outcome"] as? String } == ["exported", "exported", "exported"])
        #expect(items.compactMap { $0["position"] as? String }.sorted() == ["none", "removed", "removed"])
        #expect(try await positions(program, out.path) == "")
        #expect(bytes(out.path + "/3.png") == sources[2])
        #expect(bytes(out.path + "/1.png")?.count == sources[0].count && bytes(out.path + "/1.png") != sources[0])
        #expect((1...3).map { bytes(photos.path + "/\($0).png") } == sources, "the originals")
        let kept = try await program.shell("exiftool -s3 -EXIF:Artist -XMP:Description '\(out.path)/1.png'")
        #expect(kept.text == "Ana\nsea\n")
        let caption = try await program.shell("exiftool -s3 -XMP:Description '\(out.path)/1.png.xmp'")
        #expect(caption.text == "sea\n")
        #expect(try names(out.path) == ["1.png", "1.png.xmp", "2.png", "2.png.xmp", "3.png", "3.png.xmp"])

        let before = try names(out.path).map { bytes(out.path + "/" + $0) }
        let second = try await program.run(["export", "--all", "--to", out.path, "--json"])
        let again = try second.document()
        #expect(again["present"] as? Int == 3 && again["exported"] as? Int == 0)
        #expect(try names(out.path).map { bytes(out.path + "/" + $0) } == before)

        let whole = try TestFolder()
        let asked = try await program.run(["export", photos.path + "/1.png", "--to", whole.path, "--with-location"])
        #expect(asked.exitCode == 0, "\(asked.complaints)")
        #expect(bytes(whole.path + "/1.png") == sources[0])
        let story = try await program.run(["why", photos.path + "/1.png"]).text
        #expect(
            story.contains("exported to \(out.path)/1.png") && story.contains("\(whole.path)/1.png, with its position"))
    }

    @Test("Photos of one name are all there, however long and odd the names, in whatever order they are asked for")
    func sameNames() async throws {
        let program = Program(home: try TestFolder())
        let photos = try TestFolder()
        let long = String(repeating: "ä", count: 125) + "1.png"
        #expect(long.utf8.count == 255)
        let made = try await program.shell("mkdir a b", in: photos)
        #expect(made.exitCode == 0)
        let escape = "\u{1B}[2J\u{202E}'\n<b>.png"
        for (seed, folder) in ["a", "b"].enumerated() {
            try photos.write(TestPicture.png(seed: 2 * seed), as: "\(folder)/\(long)")
            try photos.write(TestPicture.png(seed: 2 * seed + 1), as: "\(folder)/\(escape)")
        }
        let raw = try await program.shell("cp 'a/\(long)' $'\\xff.png' && printf x >> $'\\xff.png'", in: photos)
        #expect(raw.exitCode == 0, "\(raw.complaints)")
        let imported = try await program.run(["import", photos.path])
        #expect(imported.exitCode == 0, "\(imported.complaints)")
        let out = try TestFolder()
        let first = try await program.run(["export", "--all", "--to", out.path, "--json", "--sidecars"])
        #expect(first.exitCode == 0, "\(first.complaints)")
        #expect(try first.document()["exported"] as? Int == 5)
        let list = try await program.shell("ls -1 --quoting-style=escape", in: out)
        #expect(list.text.split(separator: "\n").count == 10, "\(list.text)")
        let sums = "find . -name '*.png' -print0 | xargs -0 sha256sum -z | cut -z -c1-64 | sort -z | tr '\\0' '\\n'"
        #expect(try await program.shell(sums, in: out).text == program.shell(sums, in: photos).text)

        let ids = try #require(await program.run(["photos", "--json"]).document()["photos"] as? [[String: Any]])
            .compactMap { $0["id"] as? String }
        let turned = try await program.run(["export", "--to", out.path, "--json"] + ids.reversed())
        #expect(try turned.document()["present"] as? Int == 5, "\(turned.text)")
        let dry = try await program.run(["export", "--to", out.path + "/new", "--dry-run"] + ids)
        #expect(dry.text.contains("5 files") && !FileManager.default.fileExists(atPath: out.path + "/new"))
        let shown = try await program.run(["export", "--to", out.path] + ids)
        #expect(!shown.text.contains("\u{1B}") && !shown.complaints.contains("\u{1B}"))
    }

    @Test("Folders by date and by album; a photo in several albums is in each")
    func layouts() async throws {
        let (program, photos) = try await prepared()
        for (album, names) in [("Trips/Lisbon", ["1", "2"]), ("Best", ["2"])] {
            let added = try await program.run(
                ["albums", "add", album, "--create"] + names.map { photos.path + "/\($0).png" })
            #expect(added.exitCode == 0, "\(added.complaints)")
        }
        let out = try TestFolder()
        #expect(try await program.run(["export", "--all", "--to", out.path, "--layout", "album"]).exitCode == 0)
        #expect(try names(out.path) == ["3.png", "Best/2.png", "Trips/Lisbon/1.png", "Trips/Lisbon/2.png"])
        let trips = try TestFolder()
        let nested = try await program.run(["export", "--album", "trips", "--to", trips.path, "--layout", "album"])
        #expect(nested.exitCode == 0, "\(nested.complaints)")
        #expect(try names(trips.path) == ["Trips/Lisbon/1.png", "Trips/Lisbon/2.png"])
        #expect(try await program.run(["albums", "create", "Third", "--search", "3.png"]).exitCode == 0)
        let saved = try await program.run(["export", "--album", "third", "--to", trips.path, "--layout", "album"])
        #expect(saved.exitCode == 0, "\(saved.complaints)")
        #expect(try names(trips.path) == ["Third/3.png", "Trips/Lisbon/1.png", "Trips/Lisbon/2.png"])
        let dated = try TestFolder()
        #expect(
            try await program.run(["export", "--search", "1.png", "--to", dated.path, "--layout", "date"]).exitCode == 0
        )
        #expect(try names(dated.path).first?.wholeMatch(of: /\d{4}\/\d{4}-\d{2}\/1\.png/) != nil)
        #expect(try await positions(program, out.path) == "")
    }

    @Test("What is another's stays, what can't be written is told, and wrong usage is")
    func refusals() async throws {
        let (program, photos) = try await prepared()
        let out = try TestFolder()
        try out.write(Data("mine".utf8), as: "1.png")
        let beside = try await program.run(["export", photos.path + "/1.png", "--to", out.path])
        #expect(beside.exitCode == 0, "\(beside.complaints)")
        #expect(bytes(out.path + "/1.png") == Data("mine".utf8))
        #expect(try names(out.path).count == 2)
        let file = try await program.run(["export", photos.path + "/1.png", "--to", out.path + "/1.png"])
        #expect(file.exitCode == 1 && file.complaints.contains("is a file"), "\(file.complaints)")
        try photos.write(TestPicture.png(seed: 9), as: "2.png")
        let changed = try await program.run([
            "export", photos.path + "/2.png", photos.path + "/3.png", "--to", out.path,
        ])
        #expect(changed.exitCode == 2 && changed.complaints.contains("no longer"), "\(changed.complaints)")
        #expect(try names(out.path).allSatisfy { !$0.contains(".phototui") })
        for wrong in [
            ["--to", out.path], ["--all"], ["--all", "--to", ""], ["--all", "--to", "x", "--layout", "heap"],
        ] {
            #expect(try await program.run(["export"] + wrong).exitCode == 64, "\(wrong)")
        }
    }

    @Test("What a killed export had begun to write is taken away by the next, what a living one writes is not")
    func killed() async throws {
        let (program, photos) = try await prepared()
        let out = try TestFolder()
        let (dead, living) = (".phototui-part-999999999-A", ".phototui-part-\(getpid())-B")
        for name in [dead, living] { try out.write(Data("half".utf8), as: name) }
        let aged = try await program.shell("touch -d '1 hour ago' .phototui-part-*", in: out)
        #expect(aged.exitCode == 0, "\(aged.complaints)")
        let done = try await program.run(["export", photos.path + "/3.png", "--to", out.path])
        #expect(done.exitCode == 0, "\(done.complaints)")
        #expect(try names(out.path) == [living, "3.png"])
        let journal = try #require(await program.run(["journal", "--json"]).document()["entries"] as? [[String: Any]])
        let entry = try #require(journal.first { $0["action"] as? String == "export" })
        #expect(entry["subject"] as? String == out.path && entry["outcome"] as? String == "1 file")
    }

    @Test("What a killed export had begun to write is gone once the same is asked for again, at once or later")
    func killedAndRetried() async throws {
        let program = Program(home: try TestFolder())
        let photos = try TestFolder()
        for number in 0..<60 { try photos.write(TestPicture.png(seed: number), as: "\(number).png") }
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        let out = try TestFolder()
        let killed = try await program.shell(
            """
            for try in $(seq 20); do
                phototui export --all --to '\(out.path)' & process=$!
                while kill -0 $process 2>/dev/null; do
                    compgen -G '\(out.path)/.phototui-part-*' >/dev/null && kill -9 $process
                done
                wait $process 2>/dev/null
                compgen -G '\(out.path)/.phototui-part-*' >/dev/null && exit 0
                rm -f '\(out.path)'/*
            done; exit 1
            """)
        #expect(killed.exitCode == 0, "no kill left a part behind: \(killed.complaints)")
        #expect(try await program.run(["export", "--all", "--to", out.path]).exitCode == 0)
        #expect(try names(out.path) == names(photos.path))
        try out.write(Data("half".utf8), as: ".phototui-part-999999999-A")
        let aged = try await program.shell("touch -d '1 hour ago' .phototui-part-*", in: out)
        #expect(aged.exitCode == 0, "\(aged.complaints)")
        let again = try await program.run(["export", "--all", "--to", out.path])
        #expect(again.exitCode == 0, "\(again.complaints)")
        #expect(try names(out.path) == names(photos.path), "nothing was left to be written")
    }

    @Test("Two exports into one folder at once, and one that is stopped, end with every file once and whole")
    func twoAtOnce() async throws {
        let program = Program(home: try TestFolder())
        let photos = try TestFolder()
        for number in 0..<60 { try photos.write(TestPicture.png(seed: number), as: "\(number).png") }
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        let out = try TestFolder()
        let stopped = try await program.shell(
            "phototui export --all --to '\(out.path)' & sleep 0.4; kill -INT $!; wait $!")
        #expect([0, 130].contains(stopped.exitCode), "\(stopped.complaints)")
        #expect(try names(out.path).allSatisfy { !$0.contains(".phototui") })
        async let one = program.run(["export", "--all", "--to", out.path])
        async let other = program.run(["export", "--all", "--to", out.path])
        let codes = try await [one.exitCode, other.exitCode]
        #expect(codes == [0, 0])
        #expect(try names(out.path) == names(photos.path))
        for name in try names(out.path) { #expect(bytes(out.path + "/" + name) == bytes(photos.path + "/" + name)) }
    }
}
