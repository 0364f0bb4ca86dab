internal import Core
internal import Foundation

/// What the user of a broker may not do of what workers, and imports and the console beside them, do.
///
/// Redis looks at a user's rights when a command joins a transaction (https://redis.io/docs/latest/develop/interact/transactions/),
/// and forgets a transaction whose connection closes: so that all is tried and nothing done.
struct CeleryRights {
    private let address: RedisAddress
    private let keys: CeleryKeys

    init(_ address: RedisAddress, keys: CeleryKeys) {
        self.address = address
        self.keys = keys
    }

    /// Each right of `commands` that is missing, once, in words that name it as it stands in an ACL rule. Throws as
    /// `RedisConnection.send` does.
    func missing(for commands: [RedisCommand]) async throws -> [String] {
        // The greeting stands before whatever is sent on a connection, also on one that was made again meanwhile.
        let connection = RedisConnection(address, greeting: { [RedisCommand("MULTI")] })
        defer { connection.close() }
        let values: [RedisValue]
        do {
            values = try await connection.send(commands, seconds: 4)
        } catch let error as EngineError where error.code == .permissionDenied {
            // Told of a command whose refusal is its own: of one that may be sent, nothing is tried outside a transaction.
            guard error.description.contains("+multi") else { throw error }
            return ["the command MULTI (+multi)"]
        }
        // No transaction takes its own end; without one there is nothing to end.
        let alone = RedisConnection(address)
        defer { alone.close() }
        let ends = [RedisCommand("EXEC")]
        let refusals = zip(values + (try await alone.send(ends, seconds: 4)), commands + ends)
        var missing: [String] = []
        for case (.error(let text), let command) in refusals where text.contains("NOPERM") {
            let right = command.right(missingIn: text)
            if !missing.contains(right) { missing.append(right) }
        }
        return missing
    }

    /// What a worker of these queues sends, and what its scripts call.
    func worker(_ queues: [String]) -> [RedisCommand] {
        let (nothing, task) = (RedisArgument.text(""), RedisArgument.text(CeleryKeys.result(of: "phototui-doctor")))
        let reply = RedisArgument.text("\(keys.prefix)phototui-doctor.reply.celery.pidbox")
        var commands = [
            RedisCommand("PING"), RedisCommand("TIME"), RedisCommand("SCRIPT", "LOAD", "return 0"),
            RedisCommand("EVAL", "return 0", "1", .text(keys.unacked)),
            RedisCommand("EVALSHA", .text(String(repeating: "0", count: 40)), "1", .text(keys.unacked)),
            RedisCommand("SMEMBERS", .text(keys.paused)),
            RedisCommand("SADD", .text(keys.owners), nothing), RedisCommand("SREM", .text(keys.owners), nothing),
            RedisCommand("SMEMBERS", .text(keys.owners)),
            RedisCommand("ZADD", .text(keys.unackedIndex), "0", nothing),
            RedisCommand("ZREM", .text(keys.unackedIndex), nothing),
            RedisCommand("ZSCORE", .text(keys.unackedIndex), nothing),
            RedisCommand("ZRANGEBYSCORE", .text(keys.unackedIndex), "0", "0"),
            RedisCommand("SET", .text(keys.unackedMutex), nothing, "NX", "PX", "1"),
            RedisCommand("GET", .text(keys.unackedMutex)), RedisCommand("DEL", .text(keys.unackedMutex)),
            RedisCommand("SETEX", task, "1", nothing), RedisCommand("GET", task),
            RedisCommand("PUBLISH", task, nothing),
            RedisCommand("LPUSH", reply, nothing), RedisCommand("LPOP", reply), RedisCommand("DEL", reply),
            RedisCommand("SMEMBERS", .text(keys.binding(of: "reply.celery.pidbox"))),
            RedisCommand("SREM", .text(keys.binding(of: "reply.celery.pidbox")), nothing),
            RedisCommand("SUBSCRIBE", .text(keys.controlChannel)),
            RedisCommand("PUBLISH", .text(keys.controlChannel), nothing),
            RedisCommand("PUBLISH", .text(keys.eventChannel("worker.heartbeat")), nothing),
            RedisCommand("PUBLISH", .text(keys.eventChannel("task.multi")), nothing),
        ]
        for queue in queues {
            let list = RedisArgument.key(keys.list(of: queue, priority: 0))
            commands += [
                RedisCommand("LLEN", list), RedisCommand("LINDEX", list, "0"), RedisCommand("LRANGE", list, "0", "0"),
                RedisCommand("LPUSH", list, nothing), RedisCommand("RPUSH", list, nothing), RedisCommand("RPOP", list),
                RedisCommand("BLMOVE", list, list, "RIGHT", "RIGHT", "1"),
                RedisCommand("SADD", .text(keys.binding(of: queue)), nothing),
            ]
            // Those of lesser priorities have names of their own.
            commands += keys.lists(of: queue).dropFirst().map { RedisCommand("RPOP", .key($0)) }
        }
        for hash in [keys.unacked, keys.dead, keys.deadReasons] {
            commands += [
                RedisCommand("HSET", .text(hash), nothing, nothing), RedisCommand("HGET", .text(hash), nothing),
                RedisCommand("HDEL", .text(hash), nothing), RedisCommand("HSCAN", .text(hash), "0"),
            ]
        }
        return commands
    }

    /// What the console sends to look, and what its actions do besides.
    func console(_ queues: [String]) -> [RedisCommand] {
        let nothing = RedisArgument.text("")
        let never = RedisArgument.text(String(repeating: "0", count: 40))
        var commands = [
            RedisCommand("SCAN", "0"), RedisCommand("INFO"), RedisCommand("EVAL_RO", "return 0", "0"),
            RedisCommand("EVALSHA_RO", never, "0"), RedisCommand("HSCAN", .text(keys.unacked), "0"),
            RedisCommand("ZCOUNT", .text(keys.unackedIndex), "0", "0"),
            RedisCommand("HSTRLEN", .text(keys.unacked), nothing),
            RedisCommand("MGET", .text(CeleryKeys.result(of: "phototui-doctor"))),
            RedisCommand("SUBSCRIBE", .text(keys.eventChannel("task.multi"))),
            RedisCommand("SUBSCRIBE", .text(keys.eventChannel("worker.heartbeat"))),
            RedisCommand("SADD", .text(keys.paused), nothing), RedisCommand("SREM", .text(keys.paused), nothing),
            RedisCommand("HSET", .text(keys.dead), nothing, nothing), RedisCommand("HDEL", .text(keys.dead), nothing),
            RedisCommand("HSCAN", .text(keys.deadReasons), "0"),
            RedisCommand("PUBLISH", .text(keys.controlChannel), nothing),
        ]
        for hash in keys.retried(at: Date()) {
            commands += [RedisCommand("HMGET", .text(hash), nothing), RedisCommand("HGET", .text(hash), nothing)]
            commands += [RedisCommand("HSET", .text(hash), nothing, nothing), RedisCommand("EXPIRE", .text(hash), "1")]
        }
        for queue in queues {
            let list = RedisArgument.key(keys.list(of: queue, priority: 0))
            commands += [
                RedisCommand("LLEN", list), RedisCommand("LINDEX", list, "0"), RedisCommand("LRANGE", list, "0", "0"),
                RedisCommand("LPUSH", list, nothing), RedisCommand("RPOP", list),
                RedisCommand("LREM", list, "0", nothing), RedisCommand("LTRIM", list, "0", "-1"),
                RedisCommand("DEL", list),
            ]
        }
        return commands
    }

    /// Without these nothing that the console does can be done.
    func changes() -> [RedisCommand] {
        [
            RedisCommand("SADD", .text(keys.paused), ""), RedisCommand("HDEL", .text(keys.dead), ""),
            RedisCommand("LPUSH", .text(keys.list(of: "celery", priority: 0)), ""),
        ]
    }

    /// What imports, `health` and the dead letters' commands send besides.
    func others() -> [RedisCommand] {
        var commands = [
            RedisCommand("PUBSUB", "NUMSUB", .text(keys.controlChannel)), RedisCommand("TTL", .text(keys.health)),
            RedisCommand("SET", .text(keys.health), "1", "EX", "60"),
            RedisCommand("ZCARD", .text(keys.unackedIndex)), RedisCommand("ZRANGE", .text(keys.unackedIndex), "0", "0"),
            RedisCommand("SUBSCRIBE", .text(keys.eventChannel("worker.heartbeat"))),
            RedisCommand("SUBSCRIBE", .text(CeleryKeys.result(of: "phototui-doctor"))),
        ]
        for hash in [keys.dead, keys.deadReasons] {
            commands += [RedisCommand("HLEN", .text(hash)), RedisCommand("HMGET", .text(hash), "")]
        }
        return commands
    }
}
