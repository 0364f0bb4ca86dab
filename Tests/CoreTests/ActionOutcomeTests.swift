import Core
import Testing

@Suite("What the journal says of an action")
struct ActionOutcomeTests {
    @Test(
        "It is read as it was written, brackets in it or not",
        arguments: [
            ("done", ""), ("12 done", "deploy 42 was bad"), ("failed: (no) such queue", "a (b) c"),
            ("refused: x", "("),
            ("begun", "é\u{1B}[31m"), ("", "why"),
        ])
    func roundTrip(_ words: String, _ reason: String) {
        let outcome = ActionOutcome(words, reason: reason, action: "0a1b2c3d")
        let read = ActionOutcome(reading: outcome.text)
        #expect(read.text == outcome.text && read.action == "0a1b2c3d")
        // Brackets that don't match can't be told apart.
        if reason != "(", !words.isEmpty { #expect(read == outcome) }
    }

    @Test(
        "Anything else is its words",
        arguments: ["", "queued", "x, action 12", "3 photos: Trips (old)", "done (y), action 0a1b2c3g"])
    func others(_ text: String) {
        let read = ActionOutcome(reading: text)
        #expect(read.words == text && read.reason.isEmpty && read.action == nil && read.text == text)
    }
}
