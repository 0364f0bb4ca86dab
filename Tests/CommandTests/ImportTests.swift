import Foundation
import Testing

@Suite("import and what follows")
struct ImportTests {
    /// Nine pictures in two folders, a text, and a broken picture.
    private func folder() throws -> TestFolder {
        let folder = try TestFolder()
        try FileManager.default.createDirectory(atPath: folder.path + "/more", withIntermediateDirectories: true)
        for seed in 1...6 { try folder.write(TestPicture.png(seed: seed), as: "IMG_2024070\(seed)_120000.png") }
        for seed in 7...9 { try folder.write(TestPicture.png(seed: seed), as: "more/\(seed).png") }
        try folder.write(Data("hello".utf8), as: "notes.txt")
        try folder.write(TestPicture.png(seed: 10).prefix(20), as: "broken.png")
        return folder
    }

    private func number(_ document: [String: Any], _ name: String) throws -> Int {
        try #require(document[name] as? Int, "\(name)")
    }

    @Test("Every file is accounted for, and a second import reads nothing")
    func accounts() async throws {
        let home = try TestFolder()
        let photos = try folder()
        let program = Program(home: home)
        let first = try await program.run(["import", "--json", photos.path])
        let document = try first.document()
        #expect(first.exitCode == 2, "\(first.complaints)")
        #expect(try number(document, "found") == 11)
        #expect(try number(document, "imported") == 9)
        let sum = try ["imported", "known", "unsupported", "rejected"].map { try number(document, $0) }.reduce(0, +)
        #expect(sum == 11)
        let items = try #require(document["items"] as? [[String: Any]])
        #expect(items.count == 11)
        #expect(items.filter { $0["outcome"] as? String == "imported" }.count == 9)
        #expect(items.allSatisfy { ($0["outcome"] as? String == "rejected") == false || $0["reason"] is String })

        let second = try await program.run(["import", "--json", photos.path]).document()
        #expect(try number(second, "bytes_read") == 0)
        #expect(try number(second, "known") == 9)
        #expect(try number(second, "imported") == 0)
    }

    @Test("photos pages through the timeline without a gap or a repeat; months and show agree with it")
    func timeline() async throws {
        let home = try TestFolder()
        let photos = try folder()
        let program = Program(home: home)
        _ = try await program.run(["import", photos.path])
        var ids: [String] = []
        var cursor: String?
        repeat {
            let more = cursor.map { ["--after", $0] } ?? []
            let page = try await program.run(["photos", "--json", "--limit", "4"] + more).document()
            ids += try #require(page["photos"] as? [[String: Any]]).compactMap { $0["id"] as? String }
            cursor = page["next"] as? String
        } while cursor != nil && ids.count < 50
        #expect(ids.count == 9)
        #expect(Set(ids).count == 9)
        #expect(try await number(try program.run(["months", "--json"]).document(), "total") == 9)

        let path = photos.path + "/IMG_20240703_120000.png"
        let shown = try await program.run(["show", "--json", path]).document()
        #expect(shown["path"] as? String == path)
        #expect((shown["taken_at"] as? String)?.hasPrefix("2024-07-03T12:00:00") == true)
        #expect(shown["width"] as? Int == 96)
        let id = try #require(shown["id"] as? String)
        #expect(try await program.run(["show", "--json", id]).document()["id"] as? String == id)
        #expect(try await program.run(["show", "ffffffff"]).exitCode == 1)
        #expect(try await program.run(["photos", "--month", "2024-07"]).text.split(separator: "\n").count == 6)
    }

    @Test("Without a terminal the default imports and prints the timeline")
    func defaultAction() async throws {
        let home = try TestFolder()
        let photos = try folder()
        let result = try await Program(home: home).run([photos.path])
        #expect(result.exitCode == 0, "\(result.complaints)")
        #expect(result.text.contains("2024-07 · 6 photos"))
        #expect(result.text.contains("IMG_20240703_120000.png"))
        #expect(result.complaints.contains("rejected      1  "), "\(result.complaints)")
        #expect(!result.complaints.contains("See them with"))
        let listing = try #require(result.complaints.firstMatch(of: /is listed by: (.*)/)?.1)
        let listed = try await Program(home: home).shell(String(listing))
        let items = try #require(try listed.document()["items"] as? [[String: Any]])
        #expect(items.contains { $0["outcome"] as? String == "rejected" && $0["reason"] is String })
        #expect(try await Program(home: home).run([]).text == result.text)
    }

    @Test("A dry run changes nothing")
    func dryRun() async throws {
        let home = try TestFolder()
        let photos = try folder()
        let program = Program(home: home)
        let document = try await program.run(["import", "--dry-run", "--json", photos.path]).document()
        #expect(document["dry_run"] as? Bool == true)
        #expect(try number(document, "imported") == 9)
        #expect(!FileManager.default.fileExists(atPath: home.path + "/library"))
        let after = try await program.run(["months", "--json"])
        if after.exitCode == 0 { #expect(try number(try after.document(), "total") == 0) }
    }

    @Test("A dry run's sums and reasons are those of the import that follows, pictures that can't be decoded included")
    func dryRunAgrees() async throws {
        let home = try TestFolder()
        let photos = try folder()
        let program = Program(home: home)
        // Read as a picture and recorded, yet not decoded: twice the same, and one cut in its pixels.
        for name in ["cut.png", "more/cut.png"] { try photos.write(TestPicture.png(seed: 11).prefix(40), as: name) }
        try photos.write(TestPicture.png(seed: 1), as: "more/same.png")
        let preview = try await program.run(["import", "--dry-run", "--json", photos.path]).document()
        let real = try await program.run(["import", "--json", photos.path]).document()
        for name in ["found", "imported", "known", "unsupported", "rejected", "bytes_read"] {
            #expect(try number(preview, name) == number(real, name), "\(name)")
        }
        #expect(try number(real, "rejected") == 3)
        #expect(try number(real, "known") == 1)
        func reasons(_ document: [String: Any]) throws -> [String: String] {
            let items = try #require(document["items"] as? [[String: Any]])
            return Dictionary(items.map { ($0["path"] as? String ?? "", $0["reason"] as? String ?? "") }) { $1 }
        }
        #expect(try reasons(preview) == reasons(real))
        #expect(try await program.run(["import", "--dry-run", photos.path]).exitCode == 2)
    }

    @Test("Hostile file names are imported, listed and shown, and never obeyed")
    func hostileNames() async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        let program = Program(home: home)
        for seed in 1...5 { try photos.write(TestPicture.png(seed: seed), as: "\(seed)") }
        let long = String(repeating: "n", count: 251) + ".png"
        let moved = try await program.shell(
            "mv 1 $'a\\nb.png'; mv 2 $'\\e]52;c;YQ==\\a.png'; mv 3 $'bad\\xff\\xfe.png'; mv 4 \(long); mv 5 ./-x.png",
            in: photos)
        #expect(moved.exitCode == 0)
        for script in ["phototui import .", "phototui photos", "phototui", "phototui show ./-x.png"] {
            let result = try await program.shell(script, in: photos)
            #expect(result.exitCode == 0, "\(script): \(result.complaints)")
            #expect(!(result.text + result.complaints).contains("\u{1b}"))
        }
        let listed = try await program.run(["photos"]).text
        #expect(listed.split(separator: "\n").count == 5)
        let document = try await program.run(["photos", "--json"]).document()
        let paths = try #require(document["photos"] as? [[String: Any]])
        #expect(paths.contains { ($0["path"] as? String)?.hasSuffix("/\u{1b}]52;c;YQ==\u{7}.png") == true })
        let bytes = paths.compactMap { $0["path_bytes"] as? String }.compactMap { Data(base64Encoded: $0) }
        #expect(bytes.map { $0.suffix(9) } == [Data([0x62, 0x61, 0x64, 0xFF, 0xFE, 0x2E, 0x70, 0x6E, 0x67])])
        let names = paths.compactMap { $0["filename_bytes"] as? String }.compactMap { Data(base64Encoded: $0) }
        #expect(names == bytes.map { $0.suffix(9) })
        let odd = try await program.shell("phototui show --json $'bad\\xff\\xfe.png'", in: photos)
        #expect(odd.exitCode == 0, "\(odd.complaints)")
    }

    @Test("A name that isn't UTF-8 shows its bytes wherever it is printed, and never as another character")
    func oddNames() async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        let program = Program(home: home)
        try photos.write(TestPicture.png(seed: 1), as: "1")
        try photos.write(Data("no picture".utf8), as: "2")
        let made = try await program.shell(
            "mkdir $'d\\xfe' && mv 1 $'d\\xfe/bad\\xff.jpg' && mv 2 $'d\\xfe/no\\xff.jpg'", in: photos)
        #expect(made.exitCode == 0, "\(made.complaints)")
        let path = photos.path + "/d\\xfe/"
        let scripts = [
            ("phototui import $'d\\xfe'", [path + "no\\xff.jpg", "import --json $'d\\xfe'"]),
            ("cd $'d\\xfe' && phototui import .", [path + "no\\xff.jpg"]),
            ("phototui photos", ["  bad\\xff.jpg"]),
            (
                "phototui",
                ["  bad\\xff.jpg", path + "no\\xff.jpg", "import --json $'\(photos.path)/d\\xfe'\n"]
            ),
            ("cd $'d\\xfe' && phototui show $'bad\\xff.jpg'", ["file name  bad\\xff.jpg\n", path + "bad\\xff.jpg\n"]),
            ("phototui show $'none\\xff'", ["called none\\xff:"]),
            ("phototui import $'none\\xff'", ["none\\xff: No such file"]),
            ("phototui hash $'d\\xfe/bad\\xff.jpg' $'none\\xff'", ["  d\\xfe/bad\\xff.jpg\n", "none\\xff: "]),
            ("phototui doctor", ["watched folder: \(photos.path)/d\\xfe\n"]),
            ("phototui --library $'odd\\xff' months", ["no library in odd\\xff:"]),
            ("PHOTOTUI_LIBRARY=$'odd\\xff' phototui months", ["no library in odd\\xff:"]),
            ("phototui photos --month $'\\xff'", ["\\xff"]),
            // Copied, its bytes are under another name: this one comes from where it was.
            (
                "phototui --library copies import --copy . > /dev/null; phototui photos --library copies",
                ["  bad\\xff.jpg"]
            ),
            ("phototui show --library copies $'d\\xfe/bad\\xff.jpg'", ["copied from  \(path)bad\\xff.jpg\n"]),
        ]
        for (script, expected) in scripts {
            let result = try await program.shell(script, in: photos)
            let said = result.text + result.complaints
            for words in expected { #expect(said.contains(words), "\(script): \(said)") }
            #expect(!said.contains("\u{FFFD}"), "\(script): \(said)")
            #expect(!said.unicodeScalars.contains { (0xE000...0xF8FF).contains($0.value) }, "\(script): \(said)")
        }
        for command in ["photos --json", "import --json .", "show --json $'d\\xfe/bad\\xff.jpg'", "doctor --json"] {
            let result = try await program.shell("phototui \(command) | python3 -m json.tool > /dev/null", in: photos)
            #expect(result.complaints.isEmpty, "\(command): \(result.complaints)")
        }
    }

    @Test("After Ctrl-C the next import goes on, and nothing is lost or doubled")
    func interrupted() async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        for seed in 1...60 {
            try photos.write(TestPicture.png(seed: seed, width: 900, height: 600), as: "\(seed).png")
        }
        let program = Program(home: home)
        // Once photos are processed it heeds SIGINT, which a shell has its background jobs ignore.
        let stopped = try await program.shell(
            """
            phototui import --workers 1 \(photos.path) & import=$!
            until [ -n "$(find "$PHOTOTUI_LIBRARY" -name '*.webp' -print -quit 2>/dev/null)" ] || ! kill -0 $import; do
              sleep 0.05
            done
            kill -INT $import; wait $import
            """)
        #expect(stopped.exitCode == 130, "\(stopped.complaints)")
        #expect(stopped.text.contains("Stopped before the end"))
        let again = try await program.run(["import", "--json", photos.path])
        #expect(again.exitCode == 0, "\(again.complaints)")
        #expect(try await number(try program.run(["months", "--json"]).document(), "total") == 60)
        let jobs = try #require(
            try await program.run(["jobs", "list", "--json", "--state", "succeeded"]).document()["jobs"] as? [Any])
        #expect(jobs.count == 60)
    }

    @Test(
        "Ctrl-C before the library is open ends a command with the code that it documents",
        arguments: ["import", "fetch"])
    func interruptedEarly(command: String) async throws {
        let home = try TestFolder()
        // The login waits for its password for as long as the test likes.
        let toml = """
            [profiles.test]
            database = "host=127.0.0.1 port=9 user=app dbname=photos"
            database_password_command = "touch \(home.path)/asked; exec sleep 20"
            storage = "s3://bucket?endpoint=http://127.0.0.1:9"
            storage_access_key = "key"
            """
        try home.write(Data(toml.utf8), as: "config.toml")
        let program = Program(home: home, ["PHOTOTUI_CONFIG": home.path + "/config.toml"])
        let stopped = try await program.shell(
            """
            python3 - <<'END'
            import os, signal, subprocess, time
            # As from a terminal: it may be ignored here.
            heed = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
            program = subprocess.Popen(["phototui", "\(command)", "--profile", "test", "."], preexec_fn=heed)
            while not os.path.exists("\(home.path)/asked") and program.poll() is None: time.sleep(0.02)
            program.send_signal(signal.SIGINT)
            print(program.wait())
            END
            """, in: home)
        #expect(stopped.text == "130\n", "\(stopped.complaints)")
    }

    @Test("Two imports at once leave one library with each photo once")
    func twoAtOnce() async throws {
        let home = try TestFolder()
        let photos = try folder()
        let program = Program(home: home)
        let result = try await program.shell(
            "phototui import \(photos.path) & phototui import \(photos.path); a=$?; wait $!; echo \"codes $a $?\"")
        #expect(result.text.contains("codes 2 2"), "\(result.complaints)")
        #expect(try await number(try program.run(["months", "--json"]).document(), "total") == 9)
        #expect(try await program.run(["doctor", "--json"]).exitCode == 0)
    }
}
