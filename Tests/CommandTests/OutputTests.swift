import Foundation
import Grid
import SystemPackage
import Testing
import Workflows

@testable import phototui

@Suite("Output and arguments")
struct OutputTests {
    @Test(
        "Arguments keep every byte through the parser",
        arguments: [
            Array("IMG_2041.jpg".utf8), Array("São Tomé 🏝️.heic".utf8), [0xFF, 0xFE], [0x61, 0xC3], [0xC3, 0x28, 0x80],
            [0xED, 0xA0, 0x80], [0xF0, 0x9F, 0x8F], Array("\u{EF80}\u{EFFF}x".utf8), [0xC0, 0xAF], [0x2D, 0x2D, 0xF8],
            [],
        ] as [[UInt8]])
    func argumentBytes(_ bytes: [UInt8]) {
        let text = RawArguments.text(of: bytes)
        #expect(RawArguments.bytes(of: text) == bytes)
        #expect(RawArguments.path(text).nameBytes == bytes)
    }

    @Test("A --library before the subcommand stands for PHOTOTUI_LIBRARY")
    func leadingLibrary() {
        #expect(Invocation(["--library", "/a b", "photos"]).library == "/a b")
        #expect(Invocation(["--library=/x", "photos"]).arguments == ["photos"])
        #expect(Invocation(["photos", "--library", "/x"]).library == nil)
        #expect(Invocation(["--library"]).arguments == ["--library"])
    }

    @Test("JSON is read back as the same text, with nothing in it that a terminal would obey")
    func jsonStrings() throws {
        let hostile = "\u{1b}]52;c;YQ==\u{7}\n\t\r\"\\\u{7f}\u{9b}31m\u{202e}\u{200b}\u{2028}\u{E0041}é👩‍👩‍👧\u{0}"
        let text = JSON.object(["a": .string(hostile), "b": .array([.null, .bool(true), .integer(-3)])]).encoded()
        let back = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(back["a"] as? String == hostile)
        let obeyed = text.unicodeScalars.filter { scalar in
            scalar != "\n" && [.control, .format, .lineSeparator].contains(scalar.properties.generalCategory)
        }
        #expect(obeyed.isEmpty)
    }

    @Test("Numbers are valid JSON, also those that aren't numbers")
    func jsonNumbers() throws {
        let values: [Double?] = [0, -0.5, 1e300, 1.0 / 3, .infinity, .nan, nil, 123_456_789_012]
        let text = JSON.array(values.map { JSON.decimal($0) }).encoded(isIndented: false)
        let back = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [Any])
        #expect(back.count == 8)
        #expect(back[3] as? Double == 1.0 / 3)
        #expect(back[4] is NSNull && back[5] is NSNull && back[6] is NSNull)
        #expect(back[7] as? Int == 123_456_789_012)
    }

    @Test("A path that isn't UTF-8 has its bytes beside it; another has not")
    func pathBytes() {
        let odd = JSON.path(RawArguments.path(RawArguments.text(of: [0x61, 0xFF])))
        #expect(odd.map(\.name) == ["path", "path_bytes"])
        guard case .string(let bytes) = odd[1].value else { return #expect(Bool(false), "not a string") }
        #expect(Data(base64Encoded: bytes) == Data([0x61, 0xFF]))
        #expect(JSON.path(FilePath("/é")).map(\.name) == ["path"])
    }

    @Test("Columns line up under wide characters")
    func table() {
        var table = TextTable([("", .left), ("", .right), ("", .left)])
        table.add(["写真", "1", "a"])
        table.add(["abc", "100", "b"])
        #expect(table.text(showsTitles: false) == "写真    1  a\nabc   100  b\n")
    }

    @Test("Many rejections are told by reason with a few examples, each on one line of the terminal")
    func manyRejections() {
        var report = ImportReport()
        (report.found, report.rejected) = (25, 25)
        let long = String(repeating: "damaged \u{1b}[31m\n", count: 400)
        report.items = (0..<25).map {
            ImportItem(path: FilePath("/photos/\($0).jpg"), outcome: .rejected, reason: $0 == 0 ? long : "truncated")
        }
        let text = ImportSummary.text(
            report, isDryRun: false,
            advice: ImportSummary.Advice(
                OwnCommand(name: "/opt/my tools/phototui", library: "/it's"), paths: ["/photos"], showsPhotos: true),
            columns: 80)
        let lines = text.split(separator: "\n")
        let examples = lines.filter { $0.hasPrefix("  rejected  /photos/") }
        #expect(examples.count == 10)
        #expect(examples.allSatisfy { $0.count < 80 })
        #expect(examples[1].hasSuffix("/photos/1.jpg: truncated"))
        #expect(text.contains("24 truncated"))
        #expect(text.contains("  15 more rejected\n"))
        #expect(
            text.contains(
                "is listed by: '/opt/my tools/phototui' --library $'/it\\x27s' import --json /photos\n"), "\(text)")
        #expect(!text.contains("\u{1b}"))
    }

    @Test("What an import suggests names the networked library that it was of")
    func networkedAdvice() {
        var report = ImportReport()
        (report.found, report.imported, report.rejected, report.waiting) = (3, 1, 1, 1)
        let text = ImportSummary.text(
            report, isDryRun: false,
            advice: ImportSummary.Advice(
                OwnCommand(name: "phototui", library: nil), paths: ["/photos"], showsPhotos: true,
                place: ["--profile", "my home", "--owner", "ana"]))
        let place = "--profile 'my home' --owner ana"
        #expect(text.contains("See them with: phototui \(place), or: phototui photos \(place)\n"), "\(text)")
        #expect(text.contains("is listed by: phototui import --json \(place) /photos\n"), "\(text)")
        #expect(text.contains("or: phototui upload resume \(place)\n"), "\(text)")
    }

    @Test(
        "A shell reads a suggested word back as it was",
        arguments: [
            "plain", "/a/b-c_1.jpg", "two words", "it's", "$HOME", "a\"b", "*", "", "~", "é", "a;b", "#", "!", "a\\b",
            "\u{1b}[31m", "a\nb", "e\u{301}\u{202e}x", "👩‍👩‍👧", "'",
        ])
    func quoting(_ word: String) async throws {
        let quoted = OwnCommand.quoted(word)
        let result = try await Program(home: TestFolder()).shell("printf %s \(quoted)")
        #expect(result.text == word, "\(quoted)")
        #expect(!quoted.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E })
    }

    @Test("A suggested word keeps bytes that aren't UTF-8")
    func quotedBytes() async throws {
        let quoted = OwnCommand.quoted(RawArguments.text(of: [0x61, 0xFF, 0x62, 0x27]))
        #expect(quoted == "$'a\\xffb\\x27'")
        #expect(
            try await Program(home: TestFolder()).shell("printf %s \(quoted)").output == Data([0x61, 0xFF, 0x62, 0x27]))
    }

    @Test("The progress line names the file where there is room, escaped and cut by columns", arguments: 1...200)
    func progressLine(columns: Int) {
        var progress = ImportProgress()
        (progress.found, progress.indexed, progress.toProcess, progress.processed) = (200, 50, 40, 30)
        progress.current = RawArguments.path(
            RawArguments.text(of: Array("/photos/写真\u{1b}[2J".utf8) + [0xFF] + Array(repeating: 0x61, count: 90)))
        let text = ProgressLine.text(progress, columns: columns)
        #expect(text.displayWidth <= columns)
        #expect(!text.contains("\u{1b}") && !text.contains("photos/"))
        let sums = "50 of 200+ files indexed · 30 of 40 photos processed · 0 B"
        #expect(text.hasPrefix(sums) == (columns >= sums.count))
        #expect(text.contains("写") == (columns >= sums.count + 3 + 12))
        if columns == 200 { #expect(text.hasSuffix(" · 写真\\x1b[2J\\xff" + String(repeating: "a", count: 90))) }
    }

    @Test(
        "Durations read like a clock",
        arguments: [(0.2, "1 s"), (59, "59 s"), (187, "3:07"), (8100, "2:15:00"), (.infinity, "?")])
    func durations(_ seconds: Double, _ text: String) {
        #expect(ProgressLine.duration(seconds) == text)
    }
}
