internal import CTLS
internal import Core

/// A Lua script, called by its SHA-1; sent in full where the server does not know it yet.
struct RedisScript: Sendable {
    private let source: String
    private let digest: String

    init(_ source: String) {
        self.source = source
        var bytes = [UInt8](repeating: 0, count: 20)
        let text = Array(source.utf8)
        // SAFETY: SHA-1 writes exactly 20 bytes.
        EVP_Digest(text, text.count, &bytes, nil, EVP_sha1(), nil)
        digest = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// For a new connection's greeting: the server then knows the script.
    var load: RedisCommand { RedisCommand("SCRIPT", "LOAD", .text(source)) }

    func run(
        on connection: RedisConnection, keys: [String], _ arguments: [RedisArgument]
    ) async throws -> RedisValue {
        let rest = [RedisArgument(keys.count)] + keys.map(RedisArgument.text) + arguments
        let value = try await connection.send([RedisCommand("EVALSHA", [.text(digest)] + rest)])[0]
        guard case .error(let text) = value else { return value }
        guard text.hasPrefix("NOSCRIPT") else { throw EngineError(redisRefusal: text, address: connection.address) }
        return try await connection.send(RedisCommand("EVAL", [.text(source)] + rest))
    }

    /// The call as one of several commands; only on a connection that was greeted with `load`.
    func command(keys: [String], _ arguments: [RedisArgument]) -> RedisCommand {
        RedisCommand(
            "EVALSHA", [.text(digest), RedisArgument(keys.count)] + keys.map(RedisArgument.text) + arguments)
    }
}
