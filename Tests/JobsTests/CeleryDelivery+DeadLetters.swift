import Core

@testable import Jobs

extension CeleryDelivery {
    func deadLetters(limit: Int) async throws -> [DeadLetter] { try await broker.deadLetters(limit: limit) }
}
