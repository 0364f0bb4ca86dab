import Foundation
import Programs
import Testing

/// `import --stacks`, with what cameras write into their files.
@Suite("Stacks of an import")
struct ImportStacksTests {
    @Test("A motion photo keeps its film, and why says so", arguments: ["MotionPhoto", "MicroVideo"])
    func motionPhoto(_ tag: String) async throws {
        let (home, photos) = (try TestFolder(), try TestFolder())
        let program = Program(home: home)
        let path = photos.path + "/PXL_1.MP.png"
        try photos.write(TestPicture.png(seed: 1), as: "PXL_1.MP.png")
        let xmp = """
            <x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
            <rdf:Description rdf:about="" xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" GCamera:\(tag)="1"/>
            </rdf:RDF></x:xmpmeta>
            """
        try home.write(Data(xmp.utf8), as: "film.xmp")
        let made = try await program.shell("exiftool -q -overwrite_original '-xmp<=film.xmp' '\(path)'", in: home)
        #expect(made.exitCode == 0, "\(made.complaints)")
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.seekToEnd()
        try file.write(contentsOf: Data("\0\0\0\u{18}ftypmp42 the film".utf8))
        try file.close()
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let imported = try await program.run(["import", "--copy", photos.path])
        #expect(imported.exitCode == 0, "\(imported.text)")
        #expect(try await program.run(["why", path]).text.contains("inside the file, as a motion photo has it"))
        let fetched = try await program.run(["fetch", path, "-o", home.path + "/out.png"])
        #expect(fetched.exitCode == 0, "\(fetched.complaints)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: home.path + "/out.png")) == bytes)
    }

    @Test("A burst is one stack by time, names tell nothing, and one that was taken apart stays so")
    func burst() async throws {
        let (home, photos) = (try TestFolder(), try TestFolder())
        let program = Program(home: home)
        for seed in 1...6 { try photos.write(TestPicture.png(seed: seed), as: "IMG_000\(seed).png") }
        // 1, 2 and 3 within a second, 4 much later, 5 by another camera, 6 without any.
        let moments = ["12:00:00", "12:00:01", "12:00:02", "12:30:00", "12:00:01"]
        for (index, moment) in moments.enumerated() {
            let made = try await program.shell(
                "exiftool -q -overwrite_original -EXIF:Make=Test -EXIF:Model=\(index == 4 ? "B" : "A") "
                    + "-EXIF:DateTimeOriginal='2024:07:01 \(moment)' '\(photos.path)/IMG_000\(index + 1).png'")
            #expect(made.exitCode == 0, "\(made.complaints)")
        }
        let result = try await program.run(["import", "--json", "--stacks", photos.path])
        #expect(result.exitCode == 0, "\(result.complaints)")
        let stacks = try #require(try result.document()["stacks"] as? [String: Int])
        #expect(stacks["burst"] == 1 && stacks.values.reduce(0, +) == 1, "\(stacks)")
        let listed = try #require(
            try await program.run(["duplicates", "stacks", "--json"]).document()["stacks"] as? [[String: Any]])
        let members = try #require(listed.first?["photos"] as? [[String: Any]]).compactMap { $0["path"] as? String }
        #expect(Set(members) == Set((1...3).map { "\(photos.path)/IMG_000\($0).png" }))

        func again() async throws -> Int {
            let result = try await program.run(["import", "--json", "--stacks", photos.path])
            return try #require(try result.document()["stacks"] as? [String: Int]).values.reduce(0, +)
        }
        #expect(try await again() == 0)
        let id = try #require(listed.first?["id"] as? String)
        #expect(try await program.run(["duplicates", "undo", id]).exitCode == 0)
        #expect(try await again() == 0)
    }
}
