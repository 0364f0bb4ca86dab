import Foundation
import Programs
import Testing

/// What clamd keeps out, and what becomes of files while it is away.
@Suite("malware scan")
struct ScanTests {
    private static let socket = ProcessInfo.processInfo.environment["PHOTOTUI_TEST_CLAMD"]
    private static let absence: Comment = "no clamd: scripts/services/start.sh starts one"
    /// The file that every scanner is to find, in two parts, so that none finds this one.
    private static let eicar = Data(
        (#"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-"# + "ANTIVIRUS-TEST-FILE!$H+H*").utf8)

    private func sums(_ document: [String: Any]) -> [Int?] {
        ["imported", "known", "unsupported", "rejected", "left"].map { document[$0] as? Int }
    }

    private func reasons(_ document: [String: Any], _ outcome: String) -> [String: String] {
        var reasons: [String: String] = [:]
        for item in (document["items"] as? [[String: Any]]) ?? [] where item["outcome"] as? String == outcome {
            let name = (item["path"] as? String ?? "").split(separator: "/").last.map(String.init) ?? ""
            reasons[name] = item["reason"] as? String
        }
        return reasons
    }

    /// Three pictures, one of them infected.
    private func folder() throws -> TestFolder {
        let folder = try TestFolder()
        for seed in 1...2 { try folder.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        try folder.write(TestPicture.png(seed: 3) + Self.eicar, as: "bad.png")
        return folder
    }

    private func stored(_ program: Program, _ home: TestFolder) async throws -> String {
        try await program.shell("find '\(home.path)/library/objects' -path '*originals*' -type f 2>/dev/null | wc -l")
            .text
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test(
        "An infected picture is rejected with the name of what was found, and never stored",
        .enabled(if: socket != nil, absence), arguments: [[], ["--copy"]])
    func infected(_ more: [String]) async throws {
        let (home, photos) = (try TestFolder(), try folder())
        let program = Program(home: home, ["PHOTOTUI_SCAN": try #require(Self.socket)])
        for arguments in [["--dry-run"], []] {
            let result = try await program.run(["import", "--json", photos.path] + more + arguments)
            #expect(result.exitCode == 2, "\(result.complaints)")
            let document = try result.document()
            #expect(sums(document) == [2, 0, 0, 1, 0])
            let reason = try #require(reasons(document, "rejected")["bad.png"])
            #expect(reason.contains("malware was found in it: Phototui.Test.EICAR"), "\(reason)")
        }
        #expect(try await stored(program, home) == (more.isEmpty ? "0" : "2"))
        #expect(try await program.run(["months", "--json"]).document()["total"] as? Int == 2)
        let again = try await program.run(["import", "--json", photos.path] + more).document()
        #expect(sums(again) == [0, 2, 0, 1, 0])
        // Without the setting nobody looks.
        let unscanned = try await Program(home: home).run(["import", "--json", photos.path] + more).document()
        #expect(sums(unscanned) == [1, 2, 0, 0, 0])
    }

    @Test("A picture in a Takeout's archive is scanned, too", .enabled(if: socket != nil, absence))
    func takeout() async throws {
        let (home, photos) = (try TestFolder(), try folder())
        let program = Program(home: home, ["PHOTOTUI_SCAN": try #require(Self.socket)])
        let zipped = try await program.shell(
            "cd '\(photos.path)' && mkdir -p 'Takeout/Google Photos/Photos from 2019' "
                + "&& cp *.png 'Takeout/Google Photos/Photos from 2019' && python3 -m zipfile -c takeout.zip Takeout")
        #expect(zipped.exitCode == 0)
        let result = try await program.run(["import", "takeout", "--json", photos.path + "/takeout.zip"])
        #expect(sums(try result.document()) == [2, 0, 0, 1, 0], "\(result.complaints)")
        #expect(try await stored(program, home) == "2")
    }

    @Test(
        "What clamd takes no more of is refused, or taken where the setting says so",
        .enabled(if: socket != nil, absence))
    func large() async throws {
        let (home, photos) = (try TestFolder(), try folder())
        // The tests' clamd has a StreamMaxLength of 5 MB.
        try photos.write(TestPicture.png(seed: 4, width: 1600, height: 1200), as: "large.png")
        let strict = ["PHOTOTUI_SCAN": try #require(Self.socket)]
        let document = try await Program(home: home, strict).run(["import", "--json", photos.path]).document()
        #expect(sums(document) == [2, 0, 0, 2, 0])
        #expect(reasons(document, "rejected")["large.png"]?.contains("StreamMaxLength") == true)
        let lenient = strict.merging(["PHOTOTUI_SCAN_FAILURE": "take"]) { $1 }
        let taken = try await Program(home: home, lenient).run(["import", "--json", photos.path])
        #expect(sums(try taken.document()) == [1, 2, 0, 1, 0])
        #expect(try taken.document()["unscanned"] as? Int == 1)
    }

    @Test("While clamd is away nothing comes in unscanned, unless the setting says so")
    func away() async throws {
        let (home, photos) = (try TestFolder(), try folder())
        for address in [home.path + "/no.sock", "127.0.0.1:1"] {
            let strict = Program(home: home, ["PHOTOTUI_SCAN": address])
            let result = try await strict.run(["import", "--json", photos.path])
            #expect(result.exitCode == 2)
            let document = try result.document()
            #expect(sums(document) == [0, 0, 0, 0, 3])
            let reason = try #require(reasons(document, "left")["1.png"])
            #expect(
                reason.contains("clamd at \(address) can't be asked") && reason.contains("scan_failure"), "\(reason)")
            let doctor = try await strict.run(["doctor", "--json"])
            let checks = try #require(try doctor.document()["checks"] as? [[String: Any]])
            #expect(checks.first { $0["name"] as? String == "clamd" }?["status"] as? String == "fail")
        }
        let lenient = Program(
            home: home, ["PHOTOTUI_SCAN": home.path + "/no.sock", "PHOTOTUI_SCAN_FAILURE": "take"])
        let taken = try await lenient.run(["import", photos.path])
        #expect(taken.exitCode == 0)
        #expect(taken.text.contains("3 were not scanned"), "\(taken.text)")
    }

    @Test("A clamd that never answers, or answers nonsense, holds nothing up; what it says is shown harmlessly")
    func faulty() async throws {
        let (home, photos) = (try TestFolder(), try folder())
        // A short path: a unix socket's has at most 107 bytes.
        let socket = "/tmp/clamd-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: socket) }
        for (answer, wanted) in [
            ("", "gave no answer in time"), ("hang up", "hung up without an answer"),
            ("stream: \\x1b]0;x\\x07Evil\\u202e FOUND\\0", "malware was found in it: "),
            ("\\x1b[2Jwhat ERROR\\0", "says: "), ("x" + String(repeating: "y", count: 9000), "says: xy"),
        ] {
            let server = Process()
            server.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
            server.arguments = ["-c", Self.server, socket, answer]
            (server.standardOutput, server.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
            try server.run()
            // A thread of the tests may block the signal that asks it to end.
            defer { kill(server.processIdentifier, SIGKILL) }
            for _ in 0..<200 where !FileManager.default.fileExists(atPath: socket) {
                try await Task.sleep(for: .milliseconds(20))
            }
            let program = Program(home: home, ["PHOTOTUI_SCAN": socket, "PHOTOTUI_SCAN_SECONDS": "1"])
            let begin = ContinuousClock.now
            let result = try await program.run(["import", photos.path])
            #expect(ContinuousClock.now - begin < .seconds(20))
            #expect(result.exitCode == 2)
            #expect(result.text.contains(/imported +0/), "\(answer): \(result.text)")
            let text = try await program.run(["import", "--json", photos.path])
            #expect(text.text.contains(wanted), "\(answer): \(text.text)")
            for shown in [result, text] {
                #expect(!shown.text.contains("\u{1B}") && !shown.text.contains("\u{202E}"), "\(answer)")
            }
            try FileManager.default.removeItem(atPath: socket)
        }
    }

    private static let server = """
        import socket, sys, threading
        answer = sys.argv[2].encode().decode("unicode_escape").encode("utf-8")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(sys.argv[1])
        listener.listen(16)
        def serve(client):
            while not answer and client.recv(65536): pass
            if answer != b"hang up":
                data = b""
                while not data.endswith(b"\\0\\0\\0\\0"):
                    part = client.recv(65536)
                    if not part: break
                    data = (data + part)[-4:]
                try: client.sendall(answer)
                except OSError: pass
            client.close()
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        """

    @Test("doctor says whether clamd answers and finds what it is to find", .enabled(if: socket != nil, absence))
    func doctor() async throws {
        let home = try TestFolder()
        func check(_ environment: [String: String]) async throws -> [String: Any]? {
            let document = try await Program(home: home, environment).run(["doctor", "--json"]).document()
            return (document["checks"] as? [[String: Any]])?.first { $0["name"] as? String == "clamd" }
        }
        let well = try await check(["PHOTOTUI_SCAN": try #require(Self.socket)])
        #expect(well?["status"] as? String == "ok")
        #expect((well?["value"] as? String)?.contains("ClamAV 1.") == true, "\(String(describing: well))")
        #expect(try await check([:]) == nil)
        let misspelt = ["PHOTOTUI_SCAN": "nowhere"]
        #expect(try await check(misspelt)?["status"] as? String == "fail")
        let photos = try folder()
        let result = try await Program(home: home, misspelt).run(["import", "--json", photos.path])
        #expect(sums(try result.document()) == [0, 0, 0, 0, 3], "\(result.complaints)")
    }

    @Test(
        "What another client sent is scanned before it is a photo, and deleted where something is found",
        .enabled(if: socket != nil && NetworkedHome.isUsable, absence))
    func uploads() async throws {
        let home = try await NetworkedHome()
        defer { home.stop() }
        var program = home.program
        program.environment["PHOTOTUI_SCAN"] = Self.socket
        let photos = try folder()
        let imported = try await program.run(["import", "--json", "--profile", "inline", photos.path])
        #expect(sums(try imported.document()) == [2, 0, 0, 1, 0], "\(imported.complaints)")
        for (name, data, isInfected) in [
            ("late.png", TestPicture.png(seed: 8) + Self.eicar, true), ("good.png", TestPicture.png(seed: 9), false),
        ] {
            try photos.write(data, as: name)
            let digest = try await program.shell("sha256sum '\(photos.path)/\(name)' | cut -d' ' -f1")
            let begun = try await program.run([
                "upload", "presign", "--profile", "inline", "--sha256",
                digest.text.trimmingCharacters(in: .whitespacesAndNewlines), "--bytes", "\(data.count)", "--name", name,
                "--type", "image/png", "--json",
            ]).document()
            let headers = try #require(begun["headers"] as? [String: String])
            let url = try #require(begun["url"] as? String)
            let options = headers.map { "-H '\($0.key): \($0.value)'" }.joined(separator: " ")
            let sent = try await program.shell(
                "curl -sS -o /dev/null -w '%{http_code}' -X PUT \(options) --data-binary '@\(photos.path)/\(name)' '\(url)'"
            )
            #expect(sent.text == "200")
            let id = try #require(begun["id"] as? String)
            let confirmed = try await program.run(["upload", "confirm", "--profile", "inline", id])
            #expect(confirmed.exitCode == (isInfected ? 1 : 0), "\(confirmed.complaints)")
            guard isInfected else { continue }
            #expect(confirmed.complaints.contains("Phototui.Test.EICAR"), "\(confirmed.complaints)")
            // It is gone, also for who asks again without a scanner.
            #expect(try await home.program.run(["upload", "confirm", "--profile", "inline", id]).exitCode == 1)
        }
        #expect(try await program.run(["months", "--json", "--profile", "inline"]).document()["total"] as? Int == 3)
    }
}
