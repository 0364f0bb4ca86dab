import Foundation
import Testing

@Suite("hash")
struct HashTests {
    @Test("The SHA-256 is sha256sum's, in the order of the files")
    func peer() async throws {
        let folder = try TestFolder()
        for seed in 1...9 { try folder.write(TestPicture.png(seed: seed), as: "\(seed).png") }
        let program = try Program(home: TestFolder())
        let ours = try await program.shell("phototui hash --workers 2 *.png | awk '{print $1 \"  \" $3}'", in: folder)
        let peer = try await program.shell("sha256sum *.png", in: folder)
        #expect(ours.text == peer.text)
        #expect(ours.text.split(separator: "\n").count == 9)
    }

    @Test("A file that is no picture fails alone, with exit code 2, and a JSON line with the reason")
    func partial() async throws {
        let folder = try TestFolder()
        try folder.write(TestPicture.png(seed: 3), as: "good.png")
        try folder.write(Data("no picture".utf8), as: "bad.png")
        try folder.write(TestPicture.png(seed: 4).prefix(20), as: "cut.png")
        let result = try await Program(home: TestFolder()).shell(
            "phototui hash --json bad.png good.png absent.png cut.png", in: folder)
        #expect(result.exitCode == 2)
        let lines = try result.text.split(separator: "\n").map {
            try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(lines.map { $0["path"] as? String } == ["bad.png", "good.png", "absent.png", "cut.png"])
        #expect(lines[1]["error"] is NSNull)
        #expect((lines[1]["phash"] as? String)?.count == 16)
        for index in [0, 2, 3] {
            #expect((lines[index]["error"] as? String)?.isEmpty == false)
            #expect(lines[index]["phash"] is NSNull)
        }
    }

    @Test("Hostile names are hashed, shown on one line each, and never obeyed")
    func hostileNames() async throws {
        let folder = try TestFolder()
        try folder.write(TestPicture.png(seed: 5), as: "plain")
        let program = try Program(home: TestFolder())
        let long = String(repeating: "n", count: 255)
        let script =
            "for name in $'a\\nb.png' $'\\e]52;c;YQ==\\a.png' $'bad\\xff\\xfe.png' -- -x.png \(long); do cp plain \"./$name\"; done; "
            + "rm plain; phototui hash $'a\\nb.png' $'\\e]52;c;YQ==\\a.png' $'bad\\xff\\xfe.png' \(long) -- -x.png"
        let result = try await program.shell(script, in: folder)
        #expect(result.exitCode == 0, "\(result.complaints)")
        #expect(!result.text.contains("\u{1b}") && !result.text.contains("\u{7}"))
        #expect(result.text.split(separator: "\n").count == 5)
        #expect(result.text.contains("bad\\xff\\xfe.png"))
        let json = try await program.shell("phototui hash --json bad*", in: folder)
        #expect(json.text.contains("path_bytes"))
    }

    @Test("Without its decoder it says what to do")
    func noDecoder() async throws {
        let folder = try TestFolder()
        try folder.write(TestPicture.png(seed: 6), as: "a.png")
        let program = try Program(home: TestFolder(), ["PHOTOTUI_DECODER": "/nowhere/phototui-decoder"])
        let result = try await program.shell("phototui hash a.png", in: folder)
        #expect(result.exitCode == 1)
        #expect(result.complaints.contains("PHOTOTUI_DECODER"))
        let doctor = try await program.run(["doctor", "--json"])
        #expect(doctor.exitCode == 1)
        #expect(try doctor.document()["status"] as? String == "fail")
    }
}
