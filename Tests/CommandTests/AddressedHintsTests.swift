import Testing

@testable import phototui

@Suite("Commands that messages name")
struct AddressedHintsTests {
    private func addressed(_ text: String) -> String {
        AddressedHints.addressed(text, options: ["--profile", "staff", "--owner", "anna"], root: Phototui.self)
    }

    @Test("They act on the library that the message is about")
    func options() {
        let given = "--profile staff --owner anna"
        #expect(
            addressed("keep them all with: phototui duplicates stack 0190a7c2")
                == "keep them all with: phototui duplicates stack \(given) 0190a7c2")
        #expect(
            addressed("3 photos not compared yet: phototui duplicates scan\n")
                == "3 photos not compared yet: phototui duplicates scan \(given)\n")
        #expect(
            addressed("answer with: phototui duplicates calibrate (5 more), or not")
                == "answer with: phototui duplicates calibrate \(given) (5 more), or not")
        #expect(
            addressed("phototui trash, or phototui photos.") == "phototui trash \(given), or phototui photos \(given).")
    }

    @Test("What is none of a library's, or says itself which one it means, stays as it is")
    func others() {
        for text in [
            "start phototui again", "phototui FOLDER opens it", "phototui photos --profile home lists them",
            "see phototui config edit", "one\nphototui hash FILE\nthree",
        ] {
            #expect(addressed(text) == text)
        }
    }
}
