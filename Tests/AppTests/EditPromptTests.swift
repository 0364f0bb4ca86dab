import Core
import Foundation
import Grid
import Testing
import Widgets

@testable import App

@Suite("Albums, tags, ratings and captions of marked photos")
struct EditPromptTests {
    private func app() -> RunningApp {
        var app = RunningApp(SampleLibrary([("2024-07", 6)]), columns: 100)
        app.start()
        app.loadThumbnails()
        return app
    }

    private func edits(_ app: RunningApp) -> [(edit: PhotoEdit, count: Int)] {
        app.effects.compactMap { if case .edit(_, let edit, let photos) = $0 { (edit, photos.count) } else { nil } }
    }

    @Test("Marked photos are put into the album that is typed, or chosen from those that are there")
    func album() throws {
        var app = app()
        app.press("space space a")
        app.type("lis")
        try expectGolden(app.frame(), "prompt-album")
        app.press("tab enter")
        let made = try #require(edits(app).last)
        #expect(made.edit == .addToAlbum(try .album("Trips/Lisbon")) && made.count == 2)
        #expect(app.state.layers.isEmpty)
        #expect(app.state.activity.notice?.text.contains("add to album Trips/Lisbon: 2 photos") == true)
        app.press("u")
        guard
            case .undoEdits(_, let undone)? = app.effects.last(where: {
                if case .undoEdits = $0 { true } else { false }
            })
        else {
            Issue.record("nothing was undone")
            return
        }
        #expect(undone.count == 1 && app.state.undoSteps.isEmpty)
        #expect(app.state.activity.notice?.text.contains("2 photos as before") == true)
    }

    @Test("Tags are separated by commas; one with a dash is taken away")
    func tags() throws {
        var app = app()
        app.press("t")
        app.type("Costa da Caparica, -winter, be")
        app.press("tab enter")
        let made = try #require(edits(app).last)
        #expect(
            made.edit == .tags(add: [try .tag("Costa da Caparica"), try .tag("beach")], remove: [try .tag("winter")]))
        #expect(made.count == 1)
    }

    @Test("A rating is 0 to 5 or none; anything else is told, and the text stays")
    func rating() throws {
        var app = app()
        app.press("r")
        app.type("7")
        app.press("enter")
        #expect(edits(app).isEmpty && app.state.activity.notice?.severity == .error)
        guard case .edit(let prompt)? = app.state.layers.last else {
            Issue.record("the prompt is gone")
            return
        }
        #expect(prompt.field.text == "7")
        app.press("backspace 4 enter")
        #expect(edits(app).last?.edit == .rating(4))
        app.press("r")
        app.type("none")
        app.press("enter")
        #expect(edits(app).last?.edit == .rating(nil))
        app.press("c")
        app.type("The beach")
        app.press("enter")
        #expect(edits(app).last?.edit == .caption("The beach"))
        app.press("A")
        #expect(edits(app).last?.edit == .archive)
        app.press("space space X")
        #expect(edits(app).last?.edit == .trash && edits(app).last?.count == 2)
        #expect(app.state.timeline.marks.isEmpty)
        app.press("enter X")
        #expect(edits(app).last?.edit == .trash && edits(app).last?.count == 1)
        app.press("u esc")
        #expect(app.effects.contains { if case .undoEdits = $0 { true } else { false } })
        let count = edits(app).count
        app.press("c esc a enter")
        #expect(edits(app).count == count)
    }

    @Test("A tag that has a comma in it is typed in quotes, and completed so")
    func quotedTags() throws {
        func prompt(_ text: String, _ suggestions: [String] = []) -> EditPrompt {
            var prompt = EditPrompt(kind: .tags, photos: [])
            prompt.field = TextField(text)
            prompt.suggestions = suggestions
            return prompt
        }
        func tags(_ add: [String], _ remove: [String] = []) throws -> PhotoEdit {
            .tags(add: try add.map { try .tag($0) }, remove: try remove.map { try .tag($0) })
        }
        for (typed, completed) in [
            ("summ", "\"Summer, fun\""), ("sea, -summ", "sea, -\"Summer, fun\""), ("\"Summer, f", "\"Summer, fun\""),
        ] {
            var prompt = prompt(typed, ["Summer, fun"])
            prompt.complete()
            #expect(prompt.field.text == completed)
        }
        #expect(prompt("sea, \"Summer, f").word == "Summer, f")
        let several = "\"Summer, fun\", sea,-\"a \"\"b\"\"\" , ,"
        #expect(try prompt(several).edit() == tags(["Summer, fun", "sea"], ["a \"b\""]))
        #expect(try prompt("say \"hi\", -work").edit() == tags(["say \"hi\""], ["work"]))
        #expect(try prompt("\"-x\"").edit() == tags(["-x"]))
        #expect(try prompt(" , -\"\"").edit() == nil)
        for name in ["Summer, fun", "\"x\"", "-x", "a\"b", "plain", "a, \"b\", -c"] {
            #expect(try prompt(TypedTags.typed(name)).edit() == tags([name]), "\(name)")
        }
    }

    @Test("Names from the library show escaped, and late ones of an earlier text are dropped")
    func hostile() {
        var app = app()
        app.answers = false
        app.press("t")
        app.type("a")
        let asked = app.effects.compactMap { if case .suggestNames(let request, _) = $0 { request } else { nil } }
        app.send(.namesSuggested(asked[asked.count - 2], ["old"]))
        app.send(.namesSuggested(asked[asked.count - 1], ["\u{1b}[31mred\u{202e}"]))
        let text = app.frame().textLines.joined()
        #expect(text.contains("\\x1b[31mred\\u{202e}") && !text.contains("\u{1b}") && !text.contains("old"))
    }

    @Test("A failed change is told, and what the catalogue has is asked for anew")
    func failure() {
        var app = app()
        app.answers = false
        app.press("A")
        guard case .edit(let request, _, _)? = app.effects.last(where: { if case .edit = $0 { true } else { false } })
        else {
            Issue.record("nothing was changed")
            return
        }
        let asked = app.effects.count { if case .loadMonths = $0 { true } else { false } }
        app.send(.failed(request, EngineError(.unavailable, "the catalogue is away")))
        #expect(app.state.activity.notice?.text.contains("the catalogue is away") == true)
        #expect(app.state.undoSteps.isEmpty)
        #expect(asked < app.effects.count { if case .loadMonths = $0 { true } else { false } })
    }
}
