public import Core
internal import Foundation
internal import Synchronization

/// Looks at a Redis broker as phototui reaches it: what it would lose, what it may not do, and who works for it.
public struct CeleryExamination: Sendable {
    private let address: RedisAddress
    private let broker: CeleryBroker
    private let profile: String
    /// How long heartbeats are listened for.
    private let listenSeconds: Double

    /// A worker's heart beats every two seconds. `profile` is what a worker of this broker is started with.
    public init(_ address: RedisAddress, profile: String, listenSeconds: Double = 2.6) {
        self.profile = profile
        self.address = address
        self.listenSeconds = listenSeconds
        broker = CeleryBroker(address, visibilitySeconds: 3600)
    }

    public func findings() async -> [Finding] {
        var findings: [Finding] = []
        do {
            let start = Date()
            try await ask("PING")
            let time = String(format: "%.1f ms", Date().timeIntervalSince(start) * 1000)
            let facts = await information()
            findings.append(
                Finding(
                    "broker", Self.isNew(facts["redis_version"]) ? .ok : .fail,
                    "Redis \(facts["redis_version"] ?? "of an unknown version") at \(address), \(time) a question",
                    whatToDo: Self.isNew(facts["redis_version"]) ? nil : "phototui needs Redis 6.2 or newer"))
            findings += access()
            findings += await rights()
            findings += facts.isEmpty ? [unasked] : keeping(facts)
            findings += try await deliveries()
            findings.append(try await workers())
        } catch {
            findings.append(Finding("broker", failed: error))
        }
        broker.connection.close()
        return findings
    }

    @discardableResult
    private func ask(_ name: String, _ arguments: RedisArgument...) async throws -> RedisValue {
        try await broker.connection.send(RedisCommand(name, arguments), seconds: 4)
    }

    /// What `INFO` tells; empty where this user may not ask.
    private func information() async -> [String: String] {
        guard let text = try? await ask("INFO").text else { return [:] }
        var facts: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            facts[String(line[..<colon])] = String(line[line.index(after: colon)...])
        }
        return facts
    }

    private var unasked: Finding {
        Finding(
            "persistence", .warning, "can't be asked: this user may not send INFO",
            whatToDo: "see yourself that appendonly is yes and maxmemory-policy is noeviction, or allow +info")
    }

    private static func isNew(_ version: String?) -> Bool {
        guard let numbers = version?.split(separator: ".").compactMap({ Int($0) }), numbers.count > 1 else {
            return true
        }
        return (numbers[0], numbers[1]) >= (6, 2)
    }

    /// Whether others on the way could read what is said, or say something themselves.
    private func access() -> [Finding] {
        guard case .host(let host, _) = address.place, !["localhost", "::1"].contains(host), !host.hasPrefix("127.")
        else { return [Finding("access", .ok, "on this machine")] }
        if address.tls == nil {
            return [
                Finding(
                    "access", .warning, "over the network without TLS\(address.hasPassword ? "" : " and password")",
                    whatToDo: "use rediss:// and an ACL user, or a network nobody else is in")
            ]
        }
        if address.tls?.verifies == false {
            return [
                Finding(
                    "access", .warning, "TLS, but the server's certificate is not verified",
                    whatToDo: "leave ssl_cert_reqs=none out, and name the authority with ssl_ca_certs")
            ]
        }
        return [Finding("access", .ok, "TLS, with the server's certificate verified")]
    }

    /// Whatever workers, imports and the console send, tried without effect.
    private func rights() async -> [Finding] {
        let rights = CeleryRights(address, keys: broker.keys)
        let user = (try? await ask("ACL", "WHOAMI").text).flatMap { $0 } ?? "this user"
        do {
            let forWork = try await rights.missing(for: rights.worker(QueueName.allCases.map(\.rawValue)))
            let forOthers = try await rights.missing(for: rights.others())
            let forConsole = try await rights.missing(for: rights.console(QueueName.allCases.map(\.rawValue)))
            var findings = [
                lacking(forWork, user, "what a worker does", .fail), lacking(forOthers, user, "what imports do", .fail),
            ].compactMap(\.self)
            if findings.isEmpty {
                let more = forConsole.isEmpty ? " and what the console does" : ""
                findings = [Finding("rights", .ok, "\(user) may do what a worker does\(more)")]
            }
            // Only who opens the console as this user misses them.
            if findings[0].status == .ok, !forConsole.isEmpty {
                findings.append(
                    Finding(
                        "console", .ok,
                        "\(user) lacks, for what the console does: \(forConsole.joined(separator: "; "))",
                        whatToDo: "for a console as this user add the rules of docs/console.md with ACL SETUSER"))
            }
            return findings
        } catch {
            return [Finding("rights", failed: error)]
        }
    }

    private func lacking(_ rights: [String], _ user: String, _ deed: String, _ status: Finding.Status) -> Finding? {
        if rights.isEmpty { return nil }
        let more = rights.count > 8 ? " and \(rights.count - 8) more" : ""
        return Finding(
            "rights", status, "\(user) lacks, for \(deed): \(rights.prefix(8).joined(separator: "; "))\(more)",
            whatToDo: "give the user the rules of docs/production.md with ACL SETUSER")
    }

    private func keeping(_ facts: [String: String]) -> [Finding] {
        var findings: [Finding] = []
        if facts["role"] == "slave" {
            findings.append(
                Finding("role", .fail, "a replica, which takes no writes", whatToDo: "name the primary server"))
        }
        if facts["aof_last_write_status"] == "err" || facts["aof_last_bgrewrite_status"] == "err" {
            findings.append(
                Finding(
                    "persistence", .fail, "Redis could not write its append-only file",
                    whatToDo: "see its log, and the space on its disk"))
        } else if facts["aof_enabled"] == "1" {
            findings.append(Finding("persistence", .ok, "append-only file"))
        } else {
            findings.append(
                Finding(
                    "persistence", .warning,
                    "no append-only file: a restart loses messages, which workers publish again, but not those of others",
                    whatToDo: "set appendonly yes in redis.conf"))
        }
        let policy = facts["maxmemory_policy"] ?? "unknown"
        let isBounded = facts["maxmemory"].map { $0 != "0" } ?? false
        findings.append(
            policy == "noeviction"
                ? Finding("memory", .ok, "noeviction\(isBounded ? ", \(facts["maxmemory_human"] ?? "") at most" : "")")
                : Finding(
                    "memory", isBounded ? .fail : .warning,
                    "maxmemory-policy \(policy) drops messages when memory is full",
                    whatToDo: "set maxmemory-policy noeviction in redis.conf"))
        return findings
    }

    private func deliveries() async throws -> [Finding] {
        let oldest = try await ask("ZRANGE", .text(broker.keys.unackedIndex), "0", "0", "WITHSCORES").array
        let dead = try await ask("HLEN", .text(broker.keys.deadReasons)).integer ?? 0
        var findings = [
            Finding(
                "dead letters", dead == 0 ? .ok : .warning, "\(dead)",
                whatToDo: dead == 0 ? nil : "see why: phototui dead --profile \(profile)")
        ]
        let visibility = Int(broker.visibilitySeconds)
        if oldest.count > 1, let score = oldest[1].text.flatMap(Double.init) {
            let age = Int(Date().timeIntervalSince1970 - score)
            let isLost = age > visibility + 60
            findings.append(
                Finding(
                    "visibility", isLost ? .warning : .ok,
                    "the oldest delivery under way was last extended \(max(0, age)) s ago",
                    whatToDo: isLost ? "no worker restores it: see that one runs on this database" : nil))
        } else {
            findings.append(
                Finding("visibility", .ok, "\(visibility) s unless workers say otherwise; nothing is under way"))
        }
        return findings
    }

    /// Who is heard within a few seconds.
    private func workers() async throws -> Finding {
        let hearts = Heartbeats(address, broker.keys)
        try await Task.sleep(for: .seconds(listenSeconds))
        hearts.close()
        let heard = hearts.beats.keys.sorted()
        guard !heard.isEmpty else {
            return Finding(
                "workers", .warning, "none is heard", whatToDo: "start one: phototui worker --profile \(profile)")
        }
        let shown = heard.prefix(10).joined(separator: ", ") + (heard.count > 10 ? ", …" : "")
        return Finding("workers", .ok, "\(heard.count) alive: \(shown)")
    }
}
