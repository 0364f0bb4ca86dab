import Foundation
import Testing

/// Films of live photos, wherever their photos go.
@Suite("Films go with their photos")
struct StoredFilmTests {
    static let film = LiveFilmTests.film([
        (key: "make", value: "Apple"), (key: "content.identifier", value: LiveFilmTests.identifier),
    ])

    /// A live photo in a folder.
    static func photos() throws -> TestFolder {
        let photos = try TestFolder()
        try photos.write(LiveFilmTests.photo(), as: "IMG_1.JPG")
        try photos.write(film, as: "IMG_1.MOV")
        try photos.write(LiveFilmTests.film([(key: "make", value: "Apple")]), as: "IMG_2.MOV")
        return photos
    }

    static func read(_ name: String, _ folder: TestFolder) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: folder.path + "/" + name))
    }

    static func run(_ program: Program, _ arguments: [String], exits code: Int32 = 0) async throws -> Program.Result {
        let result = try await program.run(arguments)
        #expect(result.exitCode == code, "\(arguments): \(result.complaints)\(result.text)")
        return result
    }

    static func photo(_ program: Program, _ options: [String]) async throws -> String {
        let listed = try await run(program, ["photos", "--json"] + options).document()
        return try #require((listed["photos"] as? [[String: Any]])?.first?["id"] as? String)
    }

    /// The film as it comes out by `fetch` and by `export`.
    static func expectFilm(_ program: Program, _ options: [String]) async throws {
        let (fetched, exported) = (try TestFolder(), try TestFolder())
        let id = try await photo(program, options)
        let item = try #require(
            (try await run(program, ["fetch", "--json", "-o", fetched.path + "/", id] + options).document()["photos"]
                as? [[String: Any]])?.first)
        let path = try #require(item["film"] as? String, "\(item)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == film && path.lowercased().hasSuffix("/img_1.mov"))
        _ = try await run(program, ["export", "--with-location", "--to", exported.path, id] + options)
        let names = try FileManager.default.contentsOfDirectory(atPath: exported.path).filter { $0 != "IMG_1.JPG" }
        #expect(names.map { $0.lowercased() } == ["img_1.mov"])
        #expect(try names.first.map { try read($0, exported) } == film)
    }

    /// Of renditions that others have in the same bucket, and of folders that the server keeps when they are empty, nothing is said.
    static func expectNoStrangeOriginal(_ program: Program, _ options: [String]) async throws {
        let found = try await program.run(["storage", "check"] + options)
        let isStrange = ["stray original", "lost original"].contains { found.text.contains($0) }
        #expect(found.exitCode != 1 && !isStrange, "\(found.text)\(found.complaints)")
    }

    static func originals(_ library: String) -> [String] {
        let files =
            FileManager.default.enumerator(atPath: library + "/objects/originals")?.allObjects as? [String] ?? []
        return files.filter { $0.contains(".") && !$0.hasSuffix("/") }.sorted()
    }

    @Test("A copy of it comes into the library, is told, is found sound, and goes with its photo for good")
    func copied() async throws {
        let (home, photos) = (try TestFolder(), try Self.photos())
        let program = Program(home: home)
        let library = ["--library", home.path + "/lib"]
        let imported = try await Self.run(program, ["import", "--copy", "--json", photos.path] + library).document()
        #expect(imported["imported"] as? Int == 1 && imported["unsupported"] as? Int == 2)
        for name in ["IMG_1.JPG", "IMG_1.MOV"] { try FileManager.default.removeItem(atPath: photos.path + "/" + name) }
        try await Self.expectFilm(program, library)
        let id = try await Self.photo(program, library)
        #expect(try await Self.run(program, ["why", id] + library).text.contains("originals/films/"))
        _ = try await Self.run(program, ["storage", "check"] + library)
        #expect(Self.originals(home.path + "/lib").count { $0.hasSuffix(".mov") } == 1)
        // Gone behind the library's back.
        let copy = try #require(Self.originals(home.path + "/lib").first { $0.hasSuffix(".mov") })
        let place = home.path + "/lib/objects/originals/" + copy
        let bytes = try Data(contentsOf: URL(fileURLWithPath: place))
        try FileManager.default.removeItem(atPath: place)
        let lost = try await program.run(["storage", "check"] + library)
        #expect(lost.exitCode != 0 && lost.text.contains(".mov"), "\(lost.text)")
        let out = try TestFolder()
        let without = try await Self.run(program, ["export", "--to", out.path, "--json", id] + library).document()
        let reason = (without["items"] as? [[String: Any]])?.first?["reason"] as? String
        #expect(reason?.contains("without its film") == true, "\(without)")
        try bytes.write(to: URL(fileURLWithPath: place))

        _ = try await Self.run(program, ["trash", "add", id] + library)
        _ = try await Self.run(program, ["trash", "restore", id] + library)
        try await Self.expectFilm(program, library)
        _ = try await Self.run(program, ["trash", "add", id] + library)
        _ = try await Self.run(program, ["trash", "empty", "--yes", "--older-than", "0"] + library)
        #expect(Self.originals(home.path + "/lib").isEmpty)
        _ = try await Self.run(program, ["storage", "check"] + library)
        // Back again, under another key.
        let again = try Self.photos()
        _ = try await Self.run(program, ["import", "--copy", again.path] + library)
        try await Self.expectFilm(program, library)
        #expect(Self.originals(home.path + "/lib").count { $0.hasSuffix("-2.mov") } == 1)
    }

    @Test("Beside its photo it goes to the desktop's trash with it, unless another photo has it, too")
    func inPlace() async throws {
        let (home, photos) = (try TestFolder(), try Self.photos())
        var program = Program(home: home)
        program.environment["XDG_DATA_HOME"] = home.path + "/data"
        try photos.write(LiveFilmTests.photo() + Data([0]), as: "copy.JPG")
        _ = try await Self.run(program, ["import", photos.path])
        for (name, isThere) in [("copy.JPG", true), ("IMG_1.JPG", false)] {
            _ = try await Self.run(program, ["trash", "add", photos.path + "/" + name])
            let empty = ["trash", "empty", "--yes", "--older-than", "0"]
            _ = try await Self.run(program, empty)
            #expect(FileManager.default.fileExists(atPath: photos.path + "/" + name))
            _ = try await Self.run(program, empty + ["--originals"])
            #expect(!FileManager.default.fileExists(atPath: photos.path + "/" + name))
            #expect(FileManager.default.fileExists(atPath: photos.path + "/IMG_1.MOV") == isThere)
        }
        #expect(FileManager.default.fileExists(atPath: photos.path + "/IMG_2.MOV"))
        #expect(try await program.run(["doctor", "--json"]).document()["ok"] as? Bool != false)
    }

    @Test(
        "It comes out of the archives of a Takeout with its photo; other videos stay there", arguments: ["zip", "tgz"])
    func takeout(_ ending: String) async throws {
        let (home, place) = (try TestFolder(), try TestFolder())
        let program = Program(home: home)
        let year = place.path + "/Takeout/Google Photos/Photos from 2019"
        try FileManager.default.createDirectory(atPath: year, withIntermediateDirectories: true)
        let files = [
            "IMG_1.JPG": LiveFilmTests.photo(), "IMG_1.MOV": Self.film, "IMG_7.MOV": Self.film + Data([0]),
            "IMG_2.PNG": TestPicture.png(seed: 2), "IMG_2.MOV": LiveFilmTests.film([(key: "make", value: "Apple")]),
        ]
        for (name, bytes) in files { try bytes.write(to: URL(fileURLWithPath: year + "/" + name)) }
        let kind = ending == "zip" ? "zip" : "gztar"
        _ = try await program.shell(
            "python3 -c 'import shutil; shutil.make_archive(\"t\", \"\(kind)\", \".\", \"Takeout\")'; rm -r Takeout",
            in: place)
        let archive = place.path + (ending == "zip" ? "/t.zip" : "/t.tar.gz")
        for round in 0..<2 {
            let made = try await Self.run(program, ["import", "takeout", "--json", archive]).document()
            #expect(made["imported"] as? Int == (round == 0 ? 2 : 0) && made["unsupported"] as? Int == 2, "\(made)")
            #expect((made["takeout"] as? [String: Any])?["videos"] as? Int == 1, "\(made)")
        }
        try FileManager.default.removeItem(atPath: archive)
        let listed = try await program.run(["search", "--json", "IMG_1"]).document()
        let id = try #require((listed["photos"] as? [[String: Any]])?.first?["id"] as? String, "\(listed)")
        let out = try TestFolder()
        _ = try await Self.run(program, ["export", "--with-location", "--to", out.path, id])
        #expect(try FileManager.default.contentsOfDirectory(atPath: out.path).sorted() == ["IMG_1.JPG", "IMG_1.mov"])
        #expect(try Self.read("IMG_1.mov", out) == Self.film)
    }

    @Test("It comes with its photo from another library, in place or copied", arguments: [false, true])
    func library(_ isCopied: Bool) async throws {
        let (home, photos) = (try TestFolder(), try Self.photos())
        let program = Program(home: home)
        let old = home.path + "/old"
        _ = try await Self.run(program, ["import", photos.path, "--library", old] + (isCopied ? ["--copy"] : []))
        if isCopied {
            for name in ["IMG_1.JPG", "IMG_1.MOV"] {
                try FileManager.default.removeItem(atPath: photos.path + "/" + name)
            }
        }
        for _ in 0..<2 { _ = try await Self.run(program, ["import", "library", old]) }
        try FileManager.default.removeItem(atPath: old)
        try await Self.expectFilm(program, [])
    }
}

/// On a bucket and Postgres.
@Suite(
    "Films go with their photos, networked", .serialized,
    .enabled(if: NetworkedProfile.areAvailable, NetworkedProfile.absence))
struct NetworkedFilmTests {
    private let networked = ["--profile", "test"]

    /// Without a broker: what it imports it processes.
    private func profile() async throws -> NetworkedProfile {
        var profile = try NetworkedProfile()
        profile.variables["PHOTOTUI_BROKER"] = nil
        try await profile.migrate()
        return profile
    }

    @Test("A film goes up with its photo, comes back, and goes for good with it")
    func uploaded() async throws {
        let profile = try await profile()
        let (program, photos) = (try profile.program(), try StoredFilmTests.photos())
        for round in 0..<2 {
            let made = try await StoredFilmTests.run(program, ["import", "--json", photos.path] + networked).document()
            #expect(made["imported"] as? Int == 1 - round && made["unsupported"] as? Int == 2, "\(made)")
            #expect(round == 0 || made["bytes_read"] as? Int == 0, "\(made)")
        }
        for name in ["IMG_1.JPG", "IMG_1.MOV"] { try FileManager.default.removeItem(atPath: photos.path + "/" + name) }
        try await StoredFilmTests.expectFilm(program, networked)
        try await StoredFilmTests.expectNoStrangeOriginal(program, networked)
        let id = try await StoredFilmTests.photo(program, networked)
        _ = try await StoredFilmTests.run(program, ["trash", "add", id] + networked)
        _ = try await StoredFilmTests.run(program, ["trash", "empty", "--yes", "--older-than", "0"] + networked)
        try await StoredFilmTests.expectNoStrangeOriginal(program, networked)
    }

    @Test("A film that was met before films were stored goes up with the next import")
    func later() async throws {
        let profile = try await profile()
        let (program, photos) = (try profile.program(), try StoredFilmTests.photos())
        _ = try await StoredFilmTests.run(program, ["import", photos.path] + networked)
        let owner = try #require(profile.keys["owner"])
        let psql = NetworkedProfile.environment["PHOTOTUI_TEST_POSTGRES_PROGRAMS"].map { $0 + "/psql" } ?? "psql"
        let forgotten = try await program.shell(
            """
            '\(psql)' -XqAt '\(try NetworkedProfile.variable("POSTGRES_OWNER"))' -c \
                "SET phototui.owner_name = '\(owner)'" -c \
                "SELECT set_config('phototui.owner', encode(id, 'hex'), false) FROM owners WHERE name = '\(owner)'" -c \
                "DELETE FROM films RETURNING 'gone'"
            """)
        #expect(forgotten.text.contains("gone"), "\(forgotten.complaints)")
        _ = try await StoredFilmTests.run(program, ["import", photos.path] + networked)
        for name in ["IMG_1.JPG", "IMG_1.MOV"] { try FileManager.default.removeItem(atPath: photos.path + "/" + name) }
        try await StoredFilmTests.expectFilm(program, networked)
    }
}
