internal import CTLS
internal import Core
internal import Foundation

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
        try await run(on: connection, keys: keys, arguments, suffix: "")
    }

    /// For a script that only reads: as one that may not write, where the server (Redis 7) knows such.
    func runReading(
        on connection: RedisConnection, keys: [String], _ arguments: [RedisArgument]
    ) async throws -> RedisValue {
        do {
            return try await run(on: connection, keys: keys, arguments, suffix: "_RO")
        } catch let error as EngineError where error.code == .unsupported {
            return try await run(on: connection, keys: keys, arguments, suffix: "")
        } catch let refusal as EngineError where refusal.code == .permissionDenied {
            // A user whose rights were given before these commands were used.
            do { return try await run(on: connection, keys: keys, arguments, suffix: "") } catch { throw refusal }
        }
    }

    private func run(
        on connection: RedisConnection, keys: [String], _ arguments: [RedisArgument], suffix: String
    ) async throws -> RedisValue {
        let rest = [RedisArgument(keys.count)] + keys.map(RedisArgument.key) + arguments
        var command = RedisCommand("EVALSHA\(suffix)", [.text(digest)] + rest)
        var value = try await connection.send([command])[0]
        if case .error(let text) = value, text.hasPrefix("NOSCRIPT") {
            command = RedisCommand("EVAL\(suffix)", [.text(source)] + rest)
            value = try await connection.send([command])[0]
        }
        guard case .error(let text) = value else { return value }
        throw EngineError(redisRefusal: text, of: command, script: self, address: connection.address)
    }

    /// The command on the line that an error names: `… on @user_script:3.`
    func command(refusedIn text: String) -> String? {
        guard let mark = text.range(of: "@user_script:"),
            let line = Int(text[mark.upperBound...].prefix { $0.isNumber })
        else { return nil }
        let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.indices.contains(line - 1), let call = lines[line - 1].range(of: "call('") else { return nil }
        return String(lines[line - 1][call.upperBound...].prefix { $0 != "'" })
    }

    /// The call as one of several commands; only on a connection that was greeted with `load`.
    func command(keys: [String], _ arguments: [RedisArgument]) -> RedisCommand {
        RedisCommand(
            "EVALSHA", [.text(digest), RedisArgument(keys.count)] + keys.map(RedisArgument.key) + arguments)
    }
}
