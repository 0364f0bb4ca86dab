import Foundation
import Testing

/// Links to photos in a bucket, opened as anybody would who has them.
@Suite("share", .serialized, .enabled(if: NetworkedHome.isUsable, NetworkedHome.absence))
struct ShareTests {
    /// Without credentials: the status and the body.
    private func get(_ url: String, _ program: Program) async throws -> (status: String, body: Data) {
        let folder = try TestFolder()
        let done = try await program.shell(
            "curl -sS --max-time 30 -o body -w '%{http_code} %{content_type}' '\(url)'", in: folder)
        #expect(done.exitCode == 0, "\(done.complaints)")
        return (done.text, FileManager.default.contents(atPath: folder.path + "/body") ?? Data())
    }

    private func pictures(_ html: Data) -> [String] {
        String(decoding: html, as: UTF8.self).matches(of: /<img src="([^"]+)"/).map {
            String($0.1).replacing("&amp;", with: "&")
        }
    }

    private func prepared() async throws -> (NetworkedHome, TestFolder) {
        let home = try await NetworkedHome()
        let photos = try TestFolder()
        for number in 1...2 {
            try photos.write(TestPicture.png(seed: number, width: 500, height: 300), as: "\(number).png")
        }
        let tagged = try await home.program.shell(
            """
            exiftool -q -overwrite_original -n -EXIF:GPSLatitude=38.7 -EXIF:GPSLatitudeRef=N -EXIF:GPSLongitude=9.1 \
                -EXIF:GPSLongitudeRef=W .
            """, in: photos)
        #expect(tagged.exitCode == 0, "\(tagged.complaints)")
        // Without a broker, so that the import processes.
        let imported = try await home.program.run(["import", "--profile", "inline", photos.path])
        #expect(imported.exitCode == 0, "\(imported.complaints)")
        return (home, photos)
    }

    @Test("A link shows a page of pictures until it is revoked, and then nothing", .timeLimit(.minutes(10)))
    func revoked() async throws {
        let (home, _) = try await prepared()
        defer { home.stop() }
        let program = home.program
        let profile = ["--profile", "inline"]
        let ids = try #require(
            await program.run(["photos", "--json"] + profile).document()["photos"] as? [[String: Any]]
        )
        .compactMap { $0["id"] as? String }
        #expect(try await program.run(["albums", "add", "Trips/<b>", "--create"] + ids + profile).exitCode == 0)
        let made = try await program.run(
            ["share", "create", "--album", "Trips/<b>", "--expires", "2h", "--json"] + profile)
        #expect(made.exitCode == 0, "\(made.complaints)")
        let share = try made.document()
        let url = try #require(share["url"] as? String)
        let id = try #require(share["id"] as? String)

        let (status, html) = try await get(url, program)
        #expect(status == "200 text/html; charset=utf-8")
        #expect(String(decoding: html, as: UTF8.self).contains("Trips/&lt;b&gt;"))
        let links = pictures(html)
        #expect(links.count == 4 && links.allSatisfy { $0.contains("/shares/\(id)/") })
        let folder = try TestFolder()
        for (index, link) in links.enumerated() {
            let (status, body) = try await get(link, program)
            #expect(status == "200 image/webp" && body.prefix(4) == Data("RIFF".utf8))
            try folder.write(body, as: "\(index).webp")
        }
        let told = try await program.shell("exiftool -q -q -a -G1 -s '-*gps*' -EXIF:all .", in: folder)
        #expect(told.text == "", "metadata left: \(told.text)")
        let sizes = try await program.shell("exiftool -q -q -s3 -ImageWidth .", in: folder)
        #expect(sizes.text.split(separator: "\n").sorted() == ["256", "256", "500", "500"])
        // The signature is what opens it.
        #expect(try await get(String(url.prefix { $0 != "?" }), program).status.hasPrefix("403"))
        #expect(
            try await program.run(["share", "show", String(id.prefix(20))] + profile).text.contains(
                "/shares/\(id)/index.html"))
        let listed = try #require(
            await program.run(["share", "list", "--json"] + profile).document()["shares"] as? [[String: Any]])
        #expect(listed.compactMap { $0["state"] as? String } == ["shared"] && listed[0]["photo_count"] as? Int == 2)
        let albums = try #require(
            await program.run(["albums", "--json"] + profile).document()["albums"] as? [[String: Any]])
        #expect(albums.compactMap { $0["shared"] as? Bool } == [true])
        #expect(try await program.run(["why", ids[0]] + profile).text.contains("shared in Trips/<b> for 2 hours"))

        let revoked = try await program.run(["share", "revoke", id] + profile)
        #expect(revoked.exitCode == 0, "\(revoked.complaints)")
        for link in [url] + links { #expect(try await get(link, program).status.hasPrefix("404"), "\(link)") }
        let again = try await program.run(["share", "revoke", id] + profile)
        #expect(again.exitCode == 1 && again.complaints.contains("ended"), "\(again.complaints)")
        #expect(try await program.run(["share", "show", id] + profile).exitCode == 1)
        let after = try #require(
            await program.run(["albums", "--json"] + profile).document()["albums"] as? [[String: Any]])
        #expect(after.compactMap { $0["shared"] as? Bool } == [false])
        let journal = try await program.run(["journal", "--json"] + profile).text
        #expect(journal.contains("\"share\"") && journal.contains("\"revoke share\""))
        // The library's own renditions and originals are where they were.
        #expect(try await program.run(["fetch", ids[0], "--output", folder.path] + profile).exitCode == 0)
        let other = try await program.run(["share", "create", "--all", "--profile", "other", "--owner", "somebody"])
        #expect(other.exitCode == 64 && other.complaints.contains("--reason"), "\(other.complaints)")
        let stranger = try await program.run(["share", "list", "--json", "--profile", "other"])
        #expect(stranger.exitCode != 0 || !stranger.text.contains(id))
    }

    @Test("A photo that is removed for good is gone from links, too", .timeLimit(.minutes(10)))
    func removedForGood() async throws {
        let (home, photos) = try await prepared()
        defer { home.stop() }
        let program = home.program
        let profile = ["--profile", "inline"]
        for (number, text) in [(1, "Private <b>"), (2, "Open")] {
            _ = try await program.run(["caption", "\(photos.path)/\(number).png", "--text", text] + profile)
        }
        let share = try await program.run(["share", "create", "--all", "--expires", "90m", "--json"] + profile)
        let url = try #require(try share.document()["url"] as? String, "\(share.complaints)")
        #expect(try share.document()["state"] as? String == "shared")
        let links = pictures(try await get(url, program).body)
        #expect(links.count == 4)
        let why = try await program.run(["why", photos.path + "/2.png"] + profile).text
        #expect(why.contains("for 90 minutes"), "\(why)")
        let added = try await program.run(["trash", "add", photos.path + "/1.png"] + profile)
        #expect(added.exitCode == 0, "\(added.complaints)")
        for link in links { #expect(try await get(link, program).status.hasPrefix("200"), "only in the trash") }
        let emptied = try await program.run(
            ["trash", "empty", "--yes", "--older-than", "0", "--originals"] + profile)
        #expect(emptied.exitCode == 0, "\(emptied.complaints)")
        var open = 0
        for link in links { open += try await get(link, program).status.hasPrefix("200") ? 1 : 0 }
        #expect(open == 2, "the other photo's two pictures")
        let (status, html) = try await get(url, program)
        let page = String(decoding: html, as: UTF8.self)
        #expect(status.hasPrefix("200") && !html.isEmpty)
        #expect(pictures(html).count == 2 && page.contains("This photo was removed"), "\(page)")
        #expect(!page.contains("Private") && !page.contains("1.png") && page.contains("Open"), "\(page)")
    }

    @Test("A link ends by itself, and what it showed is swept", .timeLimit(.minutes(10)))
    func expired() async throws {
        let (home, photos) = try await prepared()
        defer { home.stop() }
        let program = home.program
        let profile = ["--profile", "inline"]
        for wrong in ["8d", "10s", "", "-1h", "99999999999999999999d"] {
            #expect(try await program.run(["share", "create", "--all", "--expires=" + wrong] + profile).exitCode == 64)
        }
        let made = try await program.run(
            ["share", "create", photos.path + "/1.png", "--expires", "1m", "--json"] + profile)
        #expect(made.exitCode == 0, "\(made.complaints)")
        let url = try #require(made.document()["url"] as? String)
        #expect(try await get(url, program).status.hasPrefix("200"))
        let early = try #require(
            await program.run(["share", "list", "--json"] + profile).document()["shares"] as? [[String: Any]])
        #expect(early.count == 1, "not swept too early")
        try await Task.sleep(for: .seconds(62))
        #expect(try await get(url, program).status.hasPrefix("403"), "the provider refuses it by itself")
        let late = try #require(
            await program.run(["share", "list", "--json"] + profile).document()["shares"] as? [[String: Any]])
        #expect(late.isEmpty)
        let all = try #require(
            await program.run(["share", "list", "--all", "--json"] + profile).document()["shares"] as? [[String: Any]])
        #expect(all.compactMap { $0["state"] as? String } == ["expired"])
        let id = try #require(all[0]["id"] as? String)
        let left = try await program.shell(
            """
            "$PYTHON" - "$ENDPOINT" "$BUCKET" "$KEY" "$PHOTOTUI_STORAGE_SECRET_KEY" 'shares/\(id)/' <<'END'
            import boto3, sys
            endpoint, bucket, key, secret, prefix = sys.argv[1:]
            store = boto3.client("s3", endpoint_url=endpoint, aws_access_key_id=key, aws_secret_access_key=secret,
                                 region_name="us-east-1")
            print(store.list_objects_v2(Bucket=bucket, Prefix=prefix)["KeyCount"],
                  store.list_objects_v2(Bucket=bucket, Prefix="renditions/")["KeyCount"] > 0)
            END
            """
            .replacing("$PYTHON", with: NetworkedHome.environment["PHOTOTUI_PEERS_PYTHON"] ?? "python3")
            .replacing("$ENDPOINT", with: NetworkedHome.environment["PHOTOTUI_TEST_S3_ENDPOINT"] ?? "")
            .replacing("$BUCKET", with: NetworkedHome.environment["PHOTOTUI_TEST_S3_BUCKET"] ?? "")
            .replacing("$KEY", with: NetworkedHome.environment["PHOTOTUI_TEST_S3_ACCESS_KEY"] ?? ""))
        #expect(left.text == "0 True\n", "\(left.text) \(left.complaints)")
    }
}
