import Foundation
import Testing

@testable import Jobs

@Suite("revocations")
struct RevocationTests {
    /// Of a task that is no job of a catalogue, unless it was published by one.
    private func message(_ id: String, publishedAt: Double? = nil, isJob: Bool = true) throws -> CeleryMessage {
        guard let publishedAt else {
            return try CeleryMessage(
                raw: Array(
                    #"""
                    {"body":"W1tdLHt9LHt9XQ==","content-encoding":"utf-8","content-type":"application/json","headers":{"task":"t","id":"\#(id)"},"properties":{"delivery_info":{"exchange":"","routing_key":"q"},"body_encoding":"base64","delivery_tag":"1"}}
                    """#.utf8))
        }
        return CeleryMessage.make(
            task: "t", id: id, keywords: isJob ? [JSONMember("job_id", .string(id))] : [], queue: "q", origin: "test",
            now: Date(timeIntervalSince1970: publishedAt))
    }

    @Test(
        "A job that was revoked and is then published anew runs; a message from before, or of any other task, does not")
    func anew() throws {
        var state = CeleryWorkerState([("q", nil)], concurrency: 1)
        let now = Date().timeIntervalSince1970
        state.revoke(["a"])
        #expect(state.isRevoked(try message("a", publishedAt: now - 1)))
        #expect(state.isRevoked(try message("a", publishedAt: now + 5, isJob: false)))
        #expect(state.isRevoked(try message("a")))
        #expect(!state.isRevoked(try message("a", publishedAt: now + 5)))
        #expect(!state.isRevoked(try message("b")))
    }

    @Test("Of very many the oldest are forgotten, and revoking twice counts once")
    func bounded() throws {
        var state = CeleryWorkerState([("q", nil)], concurrency: 1)
        state.revoke(["first", "first"])
        state.revoke((0..<CeleryWorkerState.mostRevoked).map { "t\($0)" })
        #expect(state.revoked.count == CeleryWorkerState.mostRevoked)
        #expect(!state.isRevoked(try message("first")))
        #expect(state.isRevoked(try message("t0")))
    }
}
