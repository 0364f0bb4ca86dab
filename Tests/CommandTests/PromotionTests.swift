import Foundation
import PhotoEngine
import Programs
import Synchronization
import SystemPackage
import Testing
import Workflows

/// `promote`.
@Suite("Promotion", .serialized, .enabled(if: NetworkedProfile.areAvailable, NetworkedProfile.absence))
struct PromotionTests {
    /// A library of photos in place and copies, with all that a person does with them, and a profile for it to go to.
    struct Place {
        let profile: NetworkedProfile
        let photos: TestFolder
        let program: Program

        var folder: String { profile.home.path + "/old" }
        var old: [String] { ["--library", folder] }
        let networked = ["--profile", "test"]

        func path(_ number: Int) -> String { "\(photos.path)/\(number).png" }

        @discardableResult
        func run(_ arguments: [String], exits code: Int32 = 0) async throws -> Program.Result {
            let result = try await program.run(arguments)
            #expect(result.exitCode == code, "\(arguments): \(result.complaints)\(result.text)")
            return result
        }

        func promote(_ more: [String] = [], exits code: Int32 = 0) async throws -> [String: Any] {
            try await run(["promote", "--json", "--to", "test"] + old + more, exits: code).document()
        }
    }

    func place() async throws -> Place {
        let profile = try NetworkedProfile()
        try await profile.migrate()
        let place = Place(profile: profile, photos: try TestFolder(), program: try profile.program())
        for seed in 1...6 { try place.photos.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        let old = place.old
        try await place.run(["import"] + old + [place.photos.path + "/1.png", place.path(2), place.path(3)])
        try await place.run(["import", "--copy"] + old + (4...6).map(place.path))
        for number in 4...6 { try FileManager.default.removeItem(atPath: place.path(number)) }
        try await place.run(["rate"] + old + ["4", place.path(1)])
        try await place.run(["caption"] + old + [place.path(4), "--text", "of the\u{1b}[2J copy"])
        try await place.run(["favourite"] + old + [place.path(2)])
        try await place.run(["archive"] + old + [place.path(5)])
        try await place.run(["tags", "add"] + old + ["sea", place.path(1), place.path(4)])
        try await place.run(["albums", "add"] + old + ["Trips/Lisbon", place.path(4), place.path(1), "--create"])
        try await place.run(["albums", "create"] + old + ["Best", "--search", "rating:>=4"])
        try await place.run(["duplicates", "stack"] + old + [place.path(1), place.path(2)])
        try await place.run(["duplicates", "not-duplicate"] + old + [place.path(2), place.path(3)])
        try await place.run(["duplicates", "scan"] + old)
        try await place.run(["search"] + old + ["sea"])
        return place
    }

    /// Every row of a library in a folder, by SQLite's own program: a line each, behind its table's name.
    private func rows(_ place: Place, _ folder: String) async throws -> Set<String> {
        let script = """
            for table in $(sqlite3 "$0" "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'job_error%'"); do
                sqlite3 -cmd '.mode quote' "$0" "SELECT '$table', * FROM $table"
            done
            """
        let lines = try await place.program.shell(
            "bash -c '\(script.replacing("'", with: "'\\''"))' '\(folder)/catalog.sqlite'")
        #expect(lines.exitCode == 0, "\(lines.complaints)")
        return Set(lines.text.split(separator: "\n").map(String.init))
    }

    func dump(_ place: Place) async throws -> String {
        try await place.program.shell("sqlite3 '\(place.folder)/catalog.sqlite' .dump").text
    }

    @Test("A library goes over whole, stays as it was where it came from, and comes back the same")
    func roundTrip() async throws {
        let place = try await place()
        let before = try await dump(place)
        let listing = "cd '\(place.folder)' && find objects -type f | sort | xargs sha256sum"
        let files = try await place.program.shell(listing).text

        let planned = try await place.promote(["--dry-run"])
        #expect(planned["outcome"] as? String == "planned" && planned["photos"] as? Int == 6)
        let toSend = try #require((planned["objects"] as? [String: Any])?["sent"] as? Int)
        #expect(toSend == 6 * 4 && planned["price_monthly"] is Double)
        #expect(try await place.profile.owners() == 0)
        try await place.run(["months"] + place.networked, exits: 1)

        let made = try await place.promote()
        #expect(made["outcome"] as? String == "promoted")
        let objects = try #require(made["objects"] as? [String: Any])
        #expect(objects["sent"] as? Int == toSend && objects["verified"] as? Int == toSend)
        #expect(try #require(made["rows_compared"] as? Int) > 100)
        #expect(try await dump(place) == before)
        #expect(try await place.program.shell(listing).text == files)

        // All that either tells of a photo is the same, but where its original is.
        for number in 1...6 {
            func shown(_ options: [String]) async throws -> NSDictionary {
                var photo = try await place.run(["show", "--json", place.path(number)] + options).document()
                for own in ["original", "path", "key"] { photo[own] = nil }
                return photo as NSDictionary
            }
            #expect(try await shown(place.networked) == shown(place.old), "\(number)")
        }
        for listed in [
            ["albums"], ["tags"], ["edits"], ["jobs", "list"], ["search", "sea"],
        ] {
            let there = try await place.run(listed + place.networked).text
            #expect(try await place.run(listed + place.old).text == there, "\(listed)")
        }
        for number in [1, 5] {
            let output = "\(place.profile.home.path)/out-\(number).png"
            try await place.run(["fetch", place.path(number), "-o", output] + place.networked)
            #expect(try Data(contentsOf: URL(fileURLWithPath: output)) == TestPicture.png(seed: number))
        }
        let why = try await place.run(["why", place.path(1)] + place.networked).text
        #expect(
            why.contains("promote: came from \(place.folder)")
                && why.contains("before its promotion  \(place.path(1))"), "\(why)")
        // An edit from before is still taken back.
        let edits = try await place.run(["edits", "--json"] + place.networked).document()
        let rated = try #require((edits["edits"] as? [[String: Any]])?.first { $0["kind"] as? String == "rate" })
        #expect(try await place.promote(["--verify"])["outcome"] as? String == "verified")

        // And back, where two of three originals are still the files that they were.
        try Data("another picture".utf8).write(to: URL(fileURLWithPath: place.path(3)))
        let back = place.profile.home.path + "/back"
        let returned = try await place.run(["promote", "--json", "--to", back] + place.networked).document()
        #expect(returned["outcome"] as? String == "promoted" && returned["originals_in_place"] as? Int == 2)
        let (old, new) = (try await rows(place, place.folder), try await rows(place, back))
        let (lost, added) = (old.subtracting(new), new.subtracting(old))
        func isExpected(_ row: String) -> Bool { row.hasPrefix("'schema_versions'") }
        #expect(lost.filter { !isExpected($0) }.map { $0.prefix(9) } == ["'photos',"], "\(lost)")
        let more = added.filter { !isExpected($0) }
        #expect(more.count { $0.hasPrefix("'journal'") && $0.contains("'promote'") } == 2, "\(more)")
        #expect(more.count { $0.hasPrefix("'photos'") } == 1 && more.count == 3, "\(more)")
        let (fetched, third) = (place.profile.home.path + "/third.png", TestPicture.png(seed: 3))
        try await place.run(["fetch", place.path(3), "-o", fetched, "--library", back])
        #expect(try Data(contentsOf: URL(fileURLWithPath: fetched)) == third)
        try await place.run(["edits", "undo", try #require(rated["id"] as? String), "--library", back])
        let doctor = try await place.program.run(["doctor", "--library", back])
        #expect(doctor.text.contains("no fault found"), "\(doctor.text)")
    }

    @Test("Films of live photos go with them, from their folders and from copies, and back", arguments: [false, true])
    func films(_ isCopied: Bool) async throws {
        let place = try await place()
        for name in ["IMG_1.MOV", "b.mov"] { try place.photos.write(StoredFilmTests.film, as: name) }
        try place.photos.write(LiveFilmTests.photo(), as: "IMG_1.JPG")
        let command = ["import"] + place.old + (isCopied ? ["--copy"] : [])
        try await place.run(command + ["IMG_1.JPG", "IMG_1.MOV", "b.mov"].map { "\(place.photos.path)/\($0)" })
        let before = try await rows(place, place.folder)
        let planned = try await place.run(["promote", "--dry-run", "--to", "test"] + place.old).text
        #expect(planned.contains(" of live photos, ") && planned.contains("would go with them"), "\(planned)")
        func films(_ report: [String: Any]) -> [String: Int] { report["films"] as? [String: Int] ?? [:] }
        let promoted = try await place.promote()
        #expect(films(promoted)["sent"] == 1 && films(promoted)["lost"] == 0, "\(promoted)")
        #expect(try await rows(place, place.folder) == before)
        let verified = try await place.promote(["--verify"])
        #expect(films(verified)["present"] == 1 && films(verified)["lost"] == 0, "\(verified)")
        try await StoredFilmTests.expectNoStrangeOriginal(place.program, place.networked)
        let back = place.profile.home.path + "/back"
        let returned = try await place.run(["promote", "--json", "--to", back] + place.networked).document()
        #expect(
            films(returned) == [
                "sent": isCopied ? 1 : 0, "present": isCopied ? 0 : 1, "lost": 0,
                "bytes_sent": isCopied ? StoredFilmTests.film.count : 0,
            ], "\(returned)")
        let after = try await rows(place, back)
        #expect(before.filter { $0.hasPrefix("'films'") } == after.filter { $0.hasPrefix("'films'") })
        #expect(before.contains { $0.hasPrefix("'live_photos'") })
        for name in ["IMG_1.MOV", "b.mov"] where isCopied {
            try FileManager.default.removeItem(atPath: place.photos.path + "/" + name)
        }
        let id = try await place.run(["search", "--json", "IMG_1", "--library", back]).document()
        let photo = try #require((id["photos"] as? [[String: Any]])?.first?["id"] as? String)
        for options in [place.networked, ["--library", back]] {
            let out = try TestFolder()
            try await place.run(["fetch", photo, "-o", out.path + "/"] + options)
            let names = try FileManager.default.contentsOfDirectory(atPath: out.path).filter { $0 != "IMG_1.JPG" }
            #expect(try names.map { try StoredFilmTests.read($0, out) } == [StoredFilmTests.film], "\(names)")
        }
    }

    @Test("A photo whose file has a name that is no text goes over like any other")
    func names() async throws {
        let place = try await place()
        try place.photos.write(TestPicture.png(seed: 77), as: "seventy.png")
        let moved = try await place.program.shell("mv seventy.png \"$(printf 'bad\\377.png')\"", in: place.photos)
        #expect(moved.exitCode == 0, "\(moved.complaints)")
        try await place.run(["import"] + place.old + [place.photos.path])
        let promoted = try await place.promote()
        #expect(promoted["outcome"] as? String == "promoted" && promoted["fault_count"] as? Int == 0, "\(promoted)")
    }

    @Test("A film that is gone is told, and what was brought of films is taken away by --abort")
    func lostFilms() async throws {
        let place = try await place()
        try place.photos.write(StoredFilmTests.film, as: "IMG_1.MOV")
        try place.photos.write(LiveFilmTests.photo(), as: "IMG_1.JPG")
        try await place.run(["import"] + place.old + [place.photos.path])
        try FileManager.default.removeItem(atPath: place.photos.path + "/IMG_1.MOV")
        let planned = try await place.run(["promote", "--dry-run", "--to", "test"] + place.old).text
        #expect(planned.contains("1 film of live photos can't be had") && planned.contains("IMG_1.MOV"), "\(planned)")
        let promoted = try await place.promote()
        #expect((promoted["films"] as? [String: Int])?["lost"] == 1, "\(promoted)")
        #expect((promoted["films_lost"] as? [String])?.first?.hasSuffix("/IMG_1.MOV") == true, "\(promoted)")
    }

    @Test("Killed at any moment it goes on, and all is there at the end")
    func killed() async throws {
        let place = try await place()
        for seed in 10...60 { try place.photos.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        try await place.run(["import"] + place.old + [place.photos.path])
        let before = try await dump(place)
        let total = try #require((try await place.promote(["--dry-run"])["objects"] as? [String: Any])?["sent"] as? Int)
        var kills = 0
        for milliseconds in [150, 350, 600, 900, 1300] {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: Program.folder + "/phototui")
            process.arguments = ["promote", "--to", "test"] + place.old
            process.environment = place.program.environment
            process.standardError = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            try await Task.sleep(for: .milliseconds(milliseconds))
            if process.isRunning {
                kill(process.processIdentifier, SIGKILL)
                kills += 1
            }
            try await process.end()
        }
        #expect(kills > 0)
        let made = try await place.promote()
        #expect(["promoted", "known"].contains(made["outcome"] as? String), "\(made)")
        let verified = try await place.promote(["--verify"])
        #expect(verified["outcome"] as? String == "verified" && (verified["differences"] as? [Any])?.isEmpty == true)
        #expect((verified["objects"] as? [String: Any])?["verified"] as? Int == total)
        #expect(try await dump(place) == before)
        #expect(try await place.promote()["outcome"] as? String == "known")
    }

    @Test("What can't go over is told photo by photo, and nobody finds the library until it can")
    func missing() async throws {
        let place = try await place()
        let hidden = place.path(1) + ".away"
        try FileManager.default.moveItem(atPath: place.path(1), toPath: hidden)
        try Data(repeating: 7, count: TestPicture.png(seed: 2).count).write(to: URL(fileURLWithPath: place.path(2)))
        let stopped = try await place.promote(exits: 2)
        #expect(stopped["outcome"] as? String == "unfinished" && stopped["fault_count"] as? Int == 2, "\(stopped)")
        let names = Set((stopped["faults"] as? [[String: String]] ?? []).compactMap { $0["filename"] })
        #expect(names == ["1.png", "2.png"])
        try await place.run(["months"] + place.networked, exits: 1)

        // One comes back, one is marked missing and left so; a photo that came meanwhile goes with them.
        try FileManager.default.removeItem(atPath: place.path(2))
        try FileManager.default.moveItem(atPath: hidden, toPath: place.path(1))
        try place.photos.write(TestPicture.png(seed: 9), as: "9.png")
        try await place.run(["import"] + place.old + [place.path(9)])
        try await place.run(["import", "--mark-missing"] + place.old + [place.photos.path])
        let again = try await place.promote(exits: 2)
        #expect(again["fault_count"] as? Int == 1)
        let made = try await place.promote(["--leave-missing"])
        #expect(made["outcome"] as? String == "promoted" && made["photos_left_missing"] as? Int == 1, "\(made)")
        #expect(((made["objects"] as? [String: Any])?["present"] as? Int ?? 0) > 20)
        let statistics = try await place.run(["photos", "--json", "--limit", "50"] + place.networked).document()
        let photos = try #require(statistics["photos"] as? [[String: Any]])
        #expect(photos.count { $0["missing"] as? Bool == true || $0["is_missing"] as? Bool == true } == 1, "\(photos)")

        #expect(try await place.promote(["--verify"])["fault_count"] as? Int == 0)

        // Found again, it is brought by an import into the profile.
        try place.photos.write(TestPicture.png(seed: 2), as: "2.png")
        try await place.run(["import", place.path(2)] + place.networked)
        let output = place.profile.home.path + "/found.png"
        try FileManager.default.removeItem(atPath: place.path(2))
        try await place.run(["fetch", place.path(2), "-o", output] + place.networked)
        #expect(try Data(contentsOf: URL(fileURLWithPath: output)) == TestPicture.png(seed: 2))

        // What comes later is told, and the way to bring it.
        try place.photos.write(TestPicture.png(seed: 8), as: "8.png")
        try await place.run(["import"] + place.old + [place.path(8)])
        let known = try await place.promote()
        #expect(known["outcome"] as? String == "known" && known["new_photos"] as? Int == 1)
        let text = try await place.run(["promote", "--to", "test"] + place.old).text
        #expect(text.contains("import library"))
    }

    /// The promotion of the place's library, in this process.
    func promotion(_ place: Place) throws -> Promotion {
        let configuration = Configuration.load(environment: place.program.environment)
        let request = PromotionRequest(
            from: .folder(FilePath(place.folder)), to: .profile(try #require(configuration.profiles["test"])),
            mode: .promote, leavesMissing: false, actor: "a")
        return try Promotion(request, configuration: configuration, environment: place.program.environment)
    }

    @Test("Stopped in the middle it goes on, and sends nothing twice")
    func stopped() async throws {
        let place = try await place()
        for seed in 10...60 { try place.photos.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        try await place.run(["import"] + place.old + [place.photos.path])
        let total = try #require((try await place.promote(["--dry-run"])["objects"] as? [String: Any])?["sent"] as? Int)
        let promotion = try promotion(place)
        let (reached, continuation) = AsyncStream<Int>.makeStream()
        let running = Task {
            try await promotion.run { progress in
                if case .objects(let tally) = progress, tally.photos >= 20 { continuation.yield(tally.sent) }
            }
        }
        var sent = 0
        for await count in reached {
            sent = count
            running.cancel()
            break
        }
        await #expect(throws: (any Error).self) { try await running.value }
        #expect(sent >= 80)
        let made = try await place.promote()
        #expect(made["outcome"] as? String == "promoted")
        let objects = try #require(made["objects"] as? [String: Any])
        let (again, present) = (try #require(objects["sent"] as? Int), try #require(objects["present"] as? Int))
        #expect(again + present == total && present >= sent, "\(objects), of \(total), \(sent) sent before")
    }

    @Test("Photos that come behind the objects, or behind the rows, go with the others", arguments: [false, true])
    func meanwhile(behindRows: Bool) async throws {
        let place = try await place()
        for seed in 40...43 { try place.photos.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Program.folder + "/phototui")
        process.arguments = ["import"] + (40...43).map(place.path) + place.old
        process.environment = place.program.environment
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let waiting = Mutex<SendableProcess?>(SendableProcess(process: process))
        let report = try await promotion(place).run { progress in
            let isDue =
                switch progress {
                case .objects(let tally): !behindRows && tally.photos == tally.totalPhotos
                case .rows: behindRows
                }
            guard isDue, let next = waiting.withLock({ $0.take() }) else { return }
            try? next.process.run()
            next.process.waitUntilExit()
        }
        #expect(report.outcome == .promoted && waiting.withLock { $0 == nil })
        let verified = try await place.promote(["--verify"])
        #expect(verified["photos"] as? Int == 10 && (verified["differences"] as? [Any])?.isEmpty == true, "\(verified)")
        #expect(verified["fault_count"] as? Int == 0, "\(verified)")
        for seed in 40...43 {
            let output = place.profile.home.path + "/out-\(seed).png"
            try FileManager.default.removeItem(atPath: place.path(seed))
            try await place.run(["fetch", place.path(seed), "-o", output] + place.networked)
            #expect(try Data(contentsOf: URL(fileURLWithPath: output)) == TestPicture.png(seed: seed))
        }
    }

    // SAFETY: run once, by whoever comes first.
    private struct SendableProcess: @unchecked Sendable {
        let process: Process
    }

    @Test("An object that is no longer what was sent is found by --verify, and so is a row")
    func damaged() async throws {
        let place = try await place()
        _ = try await place.promote()
        let photo = try await place.run(["show", "--json", place.path(5)] + place.networked).document()
        let sha256 = try #require(photo["sha256"] as? String)
        let owner = try #require(place.profile.keys["owner"])
        let script = """
            import datetime, hashlib, hmac, os, sys, urllib.request
            endpoint, bucket, key, access, secret, body = sys.argv[1:7]
            body = body.encode()
            now = datetime.datetime.now(datetime.timezone.utc)
            stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
            host = endpoint.split("//")[1]
            path = f"/{bucket}/{key}"
            digest = hashlib.sha256(body).hexdigest()
            names = "host;x-amz-content-sha256;x-amz-date"
            canonical = f"PUT\\n{path}\\n\\nhost:{host}\\nx-amz-content-sha256:{digest}\\nx-amz-date:{stamp}\\n\\n{names}\\n{digest}"
            scope = f"{day}/us-east-1/s3/aws4_request"
            text = f"AWS4-HMAC-SHA256\\n{stamp}\\n{scope}\\n{hashlib.sha256(canonical.encode()).hexdigest()}"
            k = ("AWS4" + secret).encode()
            for part in (day, "us-east-1", "s3", "aws4_request"): k = hmac.new(k, part.encode(), hashlib.sha256).digest()
            signature = hmac.new(k, text.encode(), hashlib.sha256).hexdigest()
            request = urllib.request.Request(endpoint + path, data=body, method="PUT", headers={
                "x-amz-content-sha256": digest, "x-amz-date": stamp,
                "Authorization": f"AWS4-HMAC-SHA256 Credential={access}/{scope}, SignedHeaders={names}, Signature={signature}"})
            print(urllib.request.urlopen(request).status)
            """
        func word(_ name: String) throws -> String { try NetworkedProfile.variable(name) }
        // As long as the original, so that its size tells nothing.
        let other = String(repeating: "x", count: TestPicture.png(seed: 5).count)
        try place.photos.write(Data(script.utf8), as: "put.py")
        let put = try await place.program.shell(
            "python3 '\(place.photos.path)/put.py' '\(try word("S3_ENDPOINT"))' '\(try word("S3_BUCKET"))' "
                + "originals/\(owner)/\(sha256.prefix(2))/\(sha256).png '\(try word("S3_ACCESS_KEY"))' "
                + "'\(try word("S3_SECRET_KEY"))' '\(other)'")
        #expect(put.text.contains("200"), "\(put.complaints)")
        try await place.run(["rate", "1", place.path(2)] + place.networked)
        let found = try await place.promote(["--verify"], exits: 2)
        #expect(found["fault_count"] as? Int == 1, "\(found)")
        let differences = try #require(found["differences"] as? [[String: Any]])
        #expect(
            differences.contains { $0["table"] as? String == "photos" && $0["changed"] as? Int == 1 }, "\(differences)")
        #expect(
            differences.contains { $0["table"] as? String == "edits" && $0["surplus"] as? Int == 1 }, "\(differences)")
    }

    @Test("What is no place for the library is refused, with what to do")
    func refused() async throws {
        let place = try await place()
        func refusal(_ arguments: [String], exits code: Int32 = 1) async throws -> String {
            try await place.run(["promote"] + arguments, exits: code).complaints
        }
        #expect(try await refusal(["--to", "nobody"] + place.old).contains("there is no profile nobody"))
        #expect(try await refusal(["--to", "test", "--library", "/nowhere"]).contains("there is no library"))
        #expect(try await refusal(["--to", "test"] + place.networked).contains("both are networked"))
        #expect(try await refusal(["--to", "test", "--verify"] + place.old).contains("not promoted"))
        #expect(
            try await refusal(["--to", "test", "--verify", "--dry-run"] + place.old, exits: 64).contains("not both"))
        #expect(try await refusal([], exits: 64).contains("--to"))

        // Two at once: one is told.
        let locked = try await place.program.shell(
            "flock '\(place.folder)' '\(Program.folder)/phototui' promote --to test --library '\(place.folder)'")
        #expect(locked.exitCode == 1 && locked.complaints.contains("another process promotes"), "\(locked.complaints)")

        // An owner who has something already, and a library that is there already, as another owner's.
        try place.photos.write(TestPicture.png(seed: 30), as: "30.png")
        try await place.run(["import", place.path(30)] + place.networked)
        #expect(try await refusal(["--to", "test"] + place.old).contains("has another library"))
        let other = "o\(UUID().uuidString.lowercased())"
        #expect(try await place.promote(["--owner", other])["to_owner"] as? String == other)
        let third = "o\(UUID().uuidString.lowercased())"
        let twice = try await refusal(["--to", "test", "--owner", third] + place.old)
        #expect(twice.contains("already") && twice.contains(other), "\(twice)")

        // Back over a library that is another one.
        try await place.run(["import", place.path(30), "--library", place.profile.home.path + "/third"])
        let over = try await refusal(
            ["--to", place.profile.home.path + "/third", "--owner", other] + place.networked)
        #expect(over.contains("has another library"), "\(over)")
        // Over one without photos, whose catalogue people find already.
        let empty = place.profile.home.path + "/empty"
        try FileManager.default.createDirectory(atPath: empty + "/none", withIntermediateDirectories: true)
        try await place.run(["import", empty + "/none", "--library", empty])
        func owners(_ statement: String) async throws -> String {
            try await place.program.shell("sqlite3 '\(empty)/catalog.sqlite' \"\(statement); SELECT name FROM owners\"")
                .text
        }
        let before = try await owners("DELETE FROM folders")
        for option in [[], ["--dry-run"]] {
            let bare = try await refusal(["--to", empty, "--owner", other] + option + place.networked)
            #expect(bare.contains("without photos") && bare.contains("name a folder without one"), "\(bare)")
        }
        #expect(try await owners("SELECT 1 WHERE 0") == before)
        // As an older phototui left one that it had begun there: it can be given up.
        let library = try #require(
            try await place.run(["promote", "--to", empty + "2", "--owner", other] + place.networked).exitCode == 0
                ? place.program.shell("sqlite3 '\(empty)2/catalog.sqlite' 'SELECT hex(id) FROM owners'").text : nil)
        _ = try await owners(
            "PRAGMA foreign_keys = OFF; UPDATE owners SET id = x'\(library.prefix(32))', name = 'local (being promoted)'"
        )
        let begun = try await refusal(["--to", empty, "--owner", other] + place.networked)
        #expect(begun.contains("--abort"), "\(begun)")
        try await place.run(["promote", "--to", empty, "--owner", other, "--abort"] + place.networked)
        #expect(try await owners("SELECT 1 WHERE 0") == before)
        // A schema that this program has not made.
        let older = try await place.program.shell(
            "sqlite3 '\(place.folder)/catalog.sqlite' 'DELETE FROM schema_versions WHERE version = (SELECT max(version) FROM schema_versions)'"
        )
        #expect(older.exitCode == 0)
        #expect(try await refusal(["--to", "test"] + place.old).contains("open the library once"))
    }
}
