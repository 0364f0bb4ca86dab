import Foundation
import Testing

@testable import Jobs

@Suite("revocations")
struct RevocationTests {
    private func message(_ id: String, publishedAt: Double?) throws -> CeleryMessage {
        let published = publishedAt.map { ",\"published_at\":\($0)" } ?? ""
        return try CeleryMessage(
            raw: Array(
                #"""
                {"body":"W1tdLHt9LHt9XQ==","content-encoding":"utf-8","content-type":"application/json","headers":{"task":"t","id":"\#(id)"\#(published)},"properties":{"delivery_info":{"exchange":"","routing_key":"q"},"body_encoding":"base64","delivery_tag":"1"}}
                """#.utf8))
    }

    @Test("A job that was revoked and is then published anew runs; a message from before, or from Python, does not")
    func anew() throws {
        var state = CeleryWorkerState([("q", nil)], concurrency: 1)
        let now = Date().timeIntervalSince1970
        state.revoke(["a"])
        #expect(state.isRevoked(try message("a", publishedAt: now - 1)))
        #expect(state.isRevoked(try message("a", publishedAt: nil)))
        #expect(!state.isRevoked(try message("a", publishedAt: now + 5)))
        #expect(!state.isRevoked(try message("b", publishedAt: nil)))
    }

    @Test("Of very many the oldest are forgotten, and revoking twice counts once")
    func bounded() throws {
        var state = CeleryWorkerState([("q", nil)], concurrency: 1)
        state.revoke(["first", "first"])
        state.revoke((0..<CeleryWorkerState.mostRevoked).map { "t\($0)" })
        #expect(state.revoked.count == CeleryWorkerState.mostRevoked)
        #expect(!state.isRevoked(try message("first", publishedAt: nil)))
        #expect(state.isRevoked(try message("t0", publishedAt: nil)))
    }
}
