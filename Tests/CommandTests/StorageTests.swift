import Core
import Foundation
import PhotoEngine
import SystemPackage
import Testing
import Workflows

/// What the catalogue has and the storage lost, and what is in the storage without a photo.
@Suite("storage", .serialized)
struct StorageTests {
    private func items(_ result: Program.Result) throws -> [String: [String: Any]] {
        let items = try #require(try result.document()["items"] as? [[String: Any]])
        return Dictionary(items.map { ($0["kind"] as? String ?? "", $0) }) { $1 }
    }

    private func lines(_ result: Program.Result) throws -> [String: Set<String>] {
        var found: [String: Set<String>] = [:]
        for line in result.output.split(separator: UInt8(ascii: "\n")) {
            let fields = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
            found[try #require(fields["kind"] as? String), default: []].insert(try #require(fields["key"] as? String))
        }
        return found
    }

    @Test("Of a library's folder each object that is lost or surplus is told, and mended where that is safe")
    func embedded() async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        let program = Program(home: home)
        for seed in 1...3 { try photos.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        #expect(try await program.run(["import", "--copy", photos.path]).exitCode == 0)
        let sound = try await program.run(["storage", "check"])
        #expect(sound.exitCode == 0 && sound.text.isEmpty, "\(sound.text)")
        #expect(try await program.run(["inbox", "--thorough"]).exitCode == 0)

        let broken = try await program.shell(
            """
            set -e
            cd '\(home.path)/library/objects'
            original=$(find originals -type f | sort | head -1); rm "$original"
            lost=$(find renditions -name 1024.webp | grep -v "$(basename "$original" .png)" | head -1)
            echo "$lost"; rm "$lost"
            digest=$(printf 'f%.0s' {1..64})
            mkdir -p originals/2020/2020-01-01 renditions/ff/$digest renditions/odd
            echo old > originals/2020/2020-01-01/$digest.jpg
            echo new > originals/2020/2020-01-01/${digest/f/e}.jpg
            echo old > renditions/ff/$digest/256.webp
            echo new > renditions/ff/$digest/512.webp
            echo odd > renditions/ff/$digest/thumb.webp
            echo odd > renditions/odd/evil
            echo odd > 'renditions/odd/a key~of others.txt'
            touch -d '2 days ago' originals/2020/2020-01-01/$digest.jpg renditions/ff/$digest/256.webp
            """)
        #expect(broken.exitCode == 0, "\(broken.complaints)")
        let rendition = broken.text.trimmingCharacters(in: .whitespacesAndNewlines)
        let digest = String(repeating: "f", count: 64)
        let check = try await program.run(["storage", "check", "--json"])
        let told = try lines(check)
        #expect(check.exitCode == 2)
        #expect(told["lost_original"]?.count == 1 && told["lost_rendition"] == [rendition])
        #expect(told["stray_original"] == ["originals/2020/2020-01-01/\(digest).jpg"], "one of today is under way")
        #expect(told["stray_rendition"] == ["renditions/ff/\(digest)/256.webp", "renditions/ff/\(digest)/512.webp"])
        #expect(
            told["unknown_key"] == [
                "renditions/ff/\(digest)/thumb.webp", "renditions/odd/evil", "renditions/odd/a key~of others.txt",
            ])

        let thorough = try await program.run(["inbox", "--thorough", "--json"])
        let found = try items(thorough)
        #expect(
            Set(found.keys)
                == ["lost_originals", "lost_renditions", "stray_originals", "stray_objects", "unknown_objects"])
        #expect(found.values.allSatisfy { $0["advice"] is String })
        #expect(try await program.run(["inbox"]).exitCode == 0)

        // What mends it does.
        let remake = try #require(found["lost_renditions"]?["command"] as? String)
        #expect(remake == "phototui jobs retry --lost-renditions")
        let queued = try await program.shell(remake + " --yes")
        #expect(queued.text == "1 queued again\n", "\(queued.complaints)")
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        let clean = try #require(found["stray_objects"]?["command"] as? String)
        let unasked = try await program.shell(clean + " < /dev/null")
        #expect(unasked.exitCode != 0 && unasked.complaints.contains("--yes"), "\(unasked.complaints)")
        let dry = try await program.shell(clean + " --dry-run")
        #expect(dry.text.hasPrefix("1 rendition ("), "\(dry.text)")
        let cleaned = try await program.shell(clean + " --yes --reason 'ticket 9'")
        #expect(cleaned.text == "1 rendition deleted\n", "\(cleaned.complaints)")
        let after = try lines(try await program.run(["storage", "check", "--json"]))
        #expect(after["lost_rendition"] == nil && after["stray_rendition"] == ["renditions/ff/\(digest)/512.webp"])
        #expect(after["stray_original"]?.count == 1 && after["unknown_key"]?.count == 3)
        let journal = try await program.run(["journal"])
        #expect(journal.text.contains("delete stray renditions") && journal.text.contains("ticket 9"))
    }

    @Test("A rendition whose photo came meanwhile is not deleted, and one of today never")
    func checkedAgain() async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        let program = Program(home: home)
        try photos.write(TestPicture.png(seed: 1), as: "a.png")
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        let other = try TestFolder()
        let stranger = Program(home: other)
        #expect(try await stranger.run(["import", photos.path]).exitCode == 0)
        // As those of a catalogue that was lost.
        let emptied = try await program.shell(
            "cd '\(home.path)/library' && rm catalog.sqlite* && find objects -type f -exec touch -d '2 days ago' {} +")
        #expect(emptied.exitCode == 0, "\(emptied.complaints)")
        func open() async throws -> Library {
            try await Library.open(
                FilePath(home.path + "/library"), configuration: Configuration.load(environment: [:]))
        }
        let library = try await open()
        let storage = LibraryStorage(library)
        let strays = try await storage.strayRenditions(limit: 99)
        #expect(strays.count == 3)
        #expect(
            try await LibraryStorage(library, now: SystemClock().microseconds - 100_000_000_000).delete(strays[0])
                == false)
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        for stray in strays { #expect(try await storage.delete(stray) == false) }
        #expect(try await program.run(["storage", "check"]).exitCode == 0)
        await library.close()
    }

    @Test("Parts of a library that are read apart are compared as a whole")
    func parts() async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        let program = Program(home: home)
        for seed in 1...7 { try photos.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        #expect(try await program.run(["import", "--copy", photos.path]).exitCode == 0)
        let library = try await Library.open(
            FilePath(home.path + "/library"), configuration: Configuration.load(environment: [:]))
        let objects = try await library.objects.list(prefix: "", after: nil, limit: 99)
        #expect(objects.count == 28)
        func faults(rowsAtOnce: Int) async throws -> Set<StorageComparison.Fault> {
            var found: Set<StorageComparison.Fault> = []
            try await StorageComparison(
                catalog: library.catalog, objects: library.objects, originals: "originals/",
                options: ProcessingOptions(), rowsAtOnce: rowsAtOnce
            ).run { #expect(found.insert($0).inserted, "told twice: \($0)") }
            return found
        }
        for number in 1...8 { #expect(try await faults(rowsAtOnce: number).isEmpty) }
        for (place, object) in objects.enumerated() where place % 3 == 0 {
            try await library.objects.delete(object.key)
        }
        for text in ["0", "7", "f"] {
            let digest = String(repeating: text, count: 64)
            let prefix = digest.prefix(2)
            for key in ["originals/2019/2019-01-01/\(digest).png", "renditions/\(prefix)/\(digest)/256.webp"] {
                try await library.objects.put([1], at: ObjectKey(key), sha256: nil)
            }
        }
        let all = try await faults(rowsAtOnce: 1000)
        #expect(all.count > 10)
        for number in 1...8 { #expect(try await faults(rowsAtOnce: number) == all) }
        await library.close()
    }

    @Test(
        "Of a bucket the owner's originals and renditions are compared, and another's are left alone",
        .enabled(if: NetworkedHome.isUsable, NetworkedHome.absence), .timeLimit(.minutes(10)))
    func networked() async throws {
        let home = try await NetworkedHome()
        defer { home.stop() }
        let program = home.program
        let photos = try TestFolder()
        // Of no other test: renditions of equal photos are shared in a bucket.
        for seed in 9011...9013 { try photos.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        #expect(try await program.run(["import", "--profile", "inline", photos.path]).exitCode == 0)
        let here = try await program.run(["photos", "--json", "--profile", "inline"]).document()
        let seen = try #require(here["photos"] as? [[String: Any]])
        let keys = seen.compactMap { $0["key"] as? String }.sorted()
        let digests = seen.compactMap { $0["sha256"] as? String }.sorted()
        #expect(keys.count == 3)
        func own(_ result: Program.Result) throws -> [String: Set<String>] {
            // Tests share the bucket: the renditions of others are of no photo here.
            try lines(result).filter { $0.key != "stray_rendition" && $0.key != "unknown_key" }
        }
        #expect(try own(try await program.run(["storage", "check", "--json", "--profile", "inline"])).isEmpty)

        let folder = keys[0].split(separator: "/").prefix(2).joined(separator: "/")
        let digest = String(repeating: "f", count: 64)
        let rendition = "renditions/\(digests[1].prefix(2))/\(digests[1])/1024.webp"
        let stray = "\(folder)/ff/\(digest).jpg"
        let bucket = try S3Bucket()
        try await bucket.delete(keys[0])
        try await bucket.delete(rendition)
        try await bucket.put("stray", at: stray)
        let told = try own(try await program.run(["storage", "check", "--json", "--profile", "inline"]))
        #expect(
            told == ["lost_original": [keys[0]], "lost_rendition": [rendition], "stray_original": [stray]], "\(told)")
        let thorough = try items(
            try await program.run(["inbox", "--thorough", "--json", "--wait", "0.3", "--profile", "inline"]))
        for kind in ["lost_originals", "lost_renditions", "stray_originals"] {
            #expect(thorough[kind]?["count"] as? Int == 1, "\(kind)")
        }
        // Of another owner nothing is told, and nothing deleted.
        let others = try own(try await program.run(["storage", "check", "--json", "--profile", "other"]))
        #expect(others.isEmpty, "\(others)")
        let refused = try await program.run(["storage", "clean", "--yes", "--profile", "inline"])
        #expect(refused.exitCode == 1 && refused.complaints.contains("other owners"), "\(refused.complaints)")

        let line = try #require(thorough["lost_renditions"]?["command"] as? String)
        #expect(try await program.shell(line + " --yes").text == "1 queued again\n")
        #expect(try await program.run(["import", "--profile", "inline", photos.path]).exitCode == 0)
        let mended = try own(try await program.run(["storage", "check", "--json", "--profile", "inline"]))
        #expect(mended["lost_rendition"] == nil && mended["lost_original"] == [keys[0]], "\(mended)")
        try await bucket.delete(stray)
    }
}

/// The bucket of the tests, past phototui: by Python's own HTTP, signed here.
private struct S3Bucket {
    private static let script = """
        import datetime, hashlib, hmac, os, sys, urllib.request
        method, key, body = sys.argv[1], sys.argv[2], sys.argv[3].encode()
        endpoint, bucket = os.environ["PHOTOTUI_TEST_S3_ENDPOINT"], os.environ["PHOTOTUI_TEST_S3_BUCKET"]
        access, secret = os.environ["PHOTOTUI_TEST_S3_ACCESS_KEY"], os.environ["PHOTOTUI_TEST_S3_SECRET_KEY"]
        path = f"/{bucket}/{key}"
        now = datetime.datetime.now(datetime.timezone.utc)
        stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
        digest = hashlib.sha256(body).hexdigest()
        host = endpoint.split("//")[1]
        names = "host;x-amz-content-sha256;x-amz-date"
        canonical = f"{method}\\n{path}\\n\\nhost:{host}\\nx-amz-content-sha256:{digest}\\nx-amz-date:{stamp}\\n\\n{names}\\n{digest}"
        scope = f"{day}/us-east-1/s3/aws4_request"
        text = f"AWS4-HMAC-SHA256\\n{stamp}\\n{scope}\\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        k = ("AWS4" + secret).encode()
        for part in (day, "us-east-1", "s3", "aws4_request"): k = hmac.new(k, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(k, text.encode(), hashlib.sha256).hexdigest()
        request = urllib.request.Request(endpoint + path, data=body or None, method=method, headers={
            "x-amz-content-sha256": digest, "x-amz-date": stamp,
            "Authorization": f"AWS4-HMAC-SHA256 Credential={access}/{scope}, SignedHeaders={names}, Signature={signature}"})
        print(urllib.request.urlopen(request).status)
        """

    private let program: Program
    private let folder: TestFolder

    init() throws {
        folder = try TestFolder()
        try folder.write(Data(Self.script.utf8), as: "s3.py")
        let names = ["S3_ENDPOINT", "S3_BUCKET", "S3_ACCESS_KEY", "S3_SECRET_KEY"]
        program = Program(
            home: folder,
            try Dictionary(
                uniqueKeysWithValues: names.map { ("PHOTOTUI_TEST_\($0)", try NetworkedProfile.variable($0)) }))
    }

    func delete(_ key: String) async throws { try await send("DELETE", key, "") }
    func put(_ text: String, at key: String) async throws { try await send("PUT", key, text) }

    private func send(_ method: String, _ key: String, _ body: String) async throws {
        let done = try await program.shell("python3 '\(folder.path)/s3.py' \(method) '\(key)' '\(body)'")
        #expect(done.text.hasPrefix("20"), "\(done.complaints)")
    }
}
