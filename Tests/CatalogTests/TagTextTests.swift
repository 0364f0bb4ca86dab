import Core
import Foundation
import Testing

@testable import Catalog

@Suite("Tags as they are stored")
struct TagTextTests {
    /// Foundation's own decoder is the judge.
    @Test("They are read as any JSON decoder reads them, all or those that are wanted")
    func same() throws {
        var generator = SystemRandomNumberGenerator()
        let pieces = [
            "a", "Exif.Photo.", "\"", "\\", "\n", "\t", "\u{1}", "é", "日本", "😀", "/", "{", "}", ",", ":", " ", "",
        ]
        func text() -> String {
            (0..<Int.random(in: 0..<6, using: &generator)).map { _ in pieces.randomElement(using: &generator)! }
                .joined()
        }
        let encoder = JSONEncoder()
        for round in 0..<500 {
            encoder.outputFormatting = [[], .prettyPrinted, .sortedKeys, .withoutEscapingSlashes][round % 4]
            let tags = Dictionary((0..<round % 9).map { _ in (text(), text()) }) { first, _ in first }
            let stored = String(decoding: try encoder.encode(tags), as: UTF8.self)
            let read = try JSONDecoder().decode([String: String].self, from: Data(stored.utf8))
            #expect(try TagText(stored).tags { _ in true } == read, "\(stored)")
            #expect(
                try TagText(stored).tags { $0.count % 2 == 0 } == read.filter { $0.key.count % 2 == 0 }, "\(stored)")
        }
        // As other programs may write it.
        let escaped = #" { "\u0041" : "\u00e9\ud83d\ude00" , "b":"" } "#
        #expect(try TagText(escaped).tags { _ in true } == ["A": "é😀", "b": ""])
    }

    @Test(
        "What is no object of strings is told to be damaged, however it ends",
        arguments: [
            "", "{", "}", "[]", "null", "{\"a\"}", "{\"a\":}", "{\"a\":1}", "{\"a\":\"b\"", "{\"a\":\"b",
            "{\"a\":\"b\\",
            "{\"a\":\"b\"}x", "{\"a\":\"b\",}", "{,}", "{\"a\":\"\\q\"}", "{\"a\":\"\\ud83d\"}",
        ])
    func damaged(_ text: String) {
        let error = #expect(throws: EngineError.self) { _ = try TagText(text).tags { _ in true } }
        #expect(error?.code == .corrupt)
    }
}
