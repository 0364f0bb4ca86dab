import Foundation
import Grid
import Testing

@testable import App

@Suite("Keys")
struct KeyMapTests {
    @Test("The default keys are all keys, and no two actions of a context claim one")
    func defaults() {
        #expect(KeyMap().problems == [])
        for description in ActionDescription.all {
            #expect(!description.defaultKeys.isEmpty)
            for name in description.defaultKeys { #expect(KeyPress(name: name) != nil, "\(name)") }
        }
    }

    @Test("Every action is in the table once")
    func complete() {
        #expect(ActionDescription.all.map(\.action.rawValue).sorted() == Action.allCases.map(\.rawValue).sorted())
    }

    @Test("Every action can have other keys")
    func remapped() {
        for action in Action.allCases {
            let map = KeyMap(overrides: [action.rawValue: "f20 ctrl-t"])
            #expect(map.problems == [])
            for context in ActionDescription.of(action).contexts {
                #expect(map.action(for: KeyPress(.function(20)), in: context) == action)
            }
        }
    }

    @Test("A chosen key that a default claims wins, and the conflict is told")
    func conflict() {
        let map = KeyMap(overrides: ["open_photo": "j"])
        #expect(map.action(for: KeyPress("j"), in: .timeline) == .openPhoto)
        #expect(map.action(for: KeyPress(.enter), in: .timeline) == nil)
        #expect(map.problems.count == 1)
        #expect(map.problems[0].contains("move_down"))
    }

    @Test("Names that are no action or no key are told, and keep the default")
    func unknown() {
        let map = KeyMap(overrides: ["fly": "x", "open_photo": "hyper-x"])
        #expect(map.problems.count == 2)
        #expect(map.action(for: KeyPress(.enter), in: .timeline) == .openPhoto)
    }

    @Test("The list of keys in the documentation is this table")
    func documentation() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../docs/keys.md").standardized
        if ProcessInfo.processInfo.environment["PHOTOTUI_RECORD"] == "1" {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try KeyMap().markdown.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == KeyMap().markdown)
    }
}
