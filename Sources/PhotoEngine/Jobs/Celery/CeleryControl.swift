internal import Core
internal import Foundation
internal import Glibc
internal import Synchronization

/// Answers Celery's remote control: `celery inspect`, `celery control`, `celery status`, Flower.
final class CeleryControl: Sendable {
    let worker: CeleryWorker
    private let subscription: RedisConnection
    private let confirmation = Confirmation()

    private final class Confirmation: Sendable {
        let hasCome = Atomic<Bool>(false)
    }
    private let requests: AsyncStream<[UInt8]>
    private let request: AsyncStream<[UInt8]>.Continuation

    init(_ worker: CeleryWorker) {
        self.worker = worker
        let (requests, request) = AsyncStream.makeStream(of: [UInt8].self, bufferingPolicy: .bufferingNewest(1000))
        (self.requests, self.request) = (requests, request)
        let channel = worker.broker.keys.controlChannel
        subscription = RedisConnection(
            worker.broker.connection.address, greeting: { [RedisCommand("SUBSCRIBE", .text(channel))] },
            onPush: { value in
                let parts = value.array
                if parts.count == 3, parts[0].text == "message", let bytes = parts[2].bytes { request.yield(bytes) }
            },
            onReady: { [confirmation] in confirmation.hasCome.store(true, ordering: .relaxed) })
    }

    /// Whether the server has confirmed the subscription.
    var isConfirmed: Bool { confirmation.hasCome.load(ordering: .relaxed) }

    static let mostTold = 10_000

    /// Listens, then asks the other workers what was revoked before.
    func start() async {
        subscription.open()
        Task { [self] in
            for await bytes in requests { await answer(bytes) }
        }
        await mingle()
    }

    func stop() {
        subscription.close()
        request.finish()
    }

    private func answer(_ bytes: [UInt8]) async {
        guard let envelope = JSONValue(parsing: bytes), let body = CeleryEnvelope.body(of: envelope),
            let method = body["method"].string
        else { return }
        worker.events.tick(past: envelope["headers"]["clock"].integer ?? 0)
        if let expires = envelope["headers"]["expires"].real, expires < Date().timeIntervalSince1970 { return }
        guard isMeant(body) else { return }
        guard let reply = await reply(to: method, body["arguments"]) else { return }
        let target = body["reply_to"]
        guard let exchange = target["exchange"].string, let routingKey = target["routing_key"].string else { return }
        let answer = CeleryEnvelope.make(
            body: .object([JSONMember(worker.options.node, reply)]), exchange: exchange, routingKey: routingKey,
            headers: .members(["ticket": body["ticket"], "clock": .integer(worker.events.tick())]))
        let broker = worker.broker
        guard let queues = try? await broker.queues(of: exchange, routingKey: routingKey) else { return }
        _ = try? await broker.push(queues.map { (answer.encoded, $0, 0) })
    }

    private func isMeant(_ body: JSONValue) -> Bool {
        let node = worker.options.node
        if let names = body["destination"].array, !names.isEmpty { return names.contains(.string(node)) }
        guard let pattern = body["pattern"].string else { return true }
        if body["matcher"].string == "pcre" {
            guard let expression = try? Regex(pattern) else { return false }
            return node.prefixMatch(of: expression) != nil
        }
        return fnmatch(pattern, node, 0) == 0
    }

    private func reply(to method: String, _ arguments: JSONValue) async -> JSONValue? {
        let worker = worker
        switch method {
        case "ping": return .members(["ok": .string("pong")])
        case "hello":
            if arguments["from_node"].string == worker.options.node { return nil }
            learn(arguments["revoked"])
            // The oldest first, as Celery has them: each worker stamps them with its own clock.
            let revoked = worker.state.withLock { $0.revoked.suffix(Self.mostTold).map(JSONValue.string) }
            return .members(["revoked": .array(revoked), "clock": .integer(worker.events.clock)])
        case "clock": return .members(["clock": .integer(worker.events.clock)])
        case "active", "dump_active":
            return .array(worker.state.withLock { $0.running.values.map { description(of: $0, isActive: true) } })
        case "reserved", "dump_reserved":
            return .array(worker.state.withLock { $0.reserved.map { description(of: $0, isActive: false) } })
        case "scheduled", "dump_schedule":
            return .array(
                worker.state.withLock { state in
                    state.scheduled.values.map { held in
                        .members([
                            "eta": .string(CeleryTime.text(Date(timeIntervalSince1970: held.startedAt))),
                            "priority": .integer(held.call.message.priority),
                            "request": description(of: held, isActive: false),
                        ])
                    }
                })
        case "revoked", "dump_revoked": return .array(worker.state.withLock { $0.revoked.map(JSONValue.string) })
        case "registered", "registered_tasks", "dump_tasks":
            return .array(worker.handlers.keys.sorted().map(JSONValue.string))
        case "query_task": return queryTasks(arguments)
        case "conf", "dump_conf": return configuration()
        case "stats": return statistics()
        case "report":
            return .members([
                "ok": .string("phototui \(worker.options.version), a worker in Swift for Celery's protocol")
            ])
        case "active_queues":
            return .array(worker.state.withLock { $0.activeQueues.map(Self.queue) })
        case "revoke": return await revoke(arguments, terminates: arguments["terminate"].bool ?? false)
        case "terminate": return await revoke(arguments, terminates: true)
        case "enable_events":
            worker.events.isEnabled = true
            return .members(["ok": .string("task events enabled")])
        case "disable_events":
            worker.events.isEnabled = false
            return .members(["ok": .string("task events disabled")])
        case "heartbeat":
            try? await worker.events.worker("worker-heartbeat", worker.information())
            return nil
        case "pool_grow", "pool_shrink":
            let change = min(max(-256, arguments["n"].integer ?? 1), 256) * (method == "pool_grow" ? 1 : -1)
            let now = worker.state.withLock { state in
                state.concurrency = min(256, max(1, state.concurrency + change))
                return state.concurrency
            }
            worker.wakeUp()
            return .members(["ok": .string("\(now) tasks at a time")])
        case "cancel_consumer": return setQueue(arguments, isActive: false)
        case "add_consumer": return setQueue(arguments, isActive: true)
        case "shutdown":
            worker.drain()
            return nil
        default: return .members(["error": .string("phototui does not answer \(method)")])
        }
    }

    private func revoke(_ arguments: JSONValue, terminates: Bool) async -> JSONValue {
        let ids = arguments["task_id"].string.map { [$0] } ?? arguments["task_id"].array?.compactMap(\.string) ?? []
        let tasks = worker.state.withLock { state in
            state.revoke(ids)
            guard terminates else { return [RunningTask]() }
            return state.running.values.filter { ids.contains($0.call.id) }.map(\.task)
        }
        for task in tasks { task.cancel() }
        await worker.cancelsJobs?(ids)
        return .members(["ok": .string("tasks \(ids.joined(separator: ", ")) flagged as revoked")])
    }

    private func setQueue(_ arguments: JSONValue, isActive: Bool) -> JSONValue {
        guard let name = arguments["queue"].string else { return .members(["error": .string("queue is missing")]) }
        worker.state.withLock { state in
            if isActive {
                state.cancelledQueues.remove(name)
                if !state.queues.contains(where: { $0.name == name }) { state.queues.append((name, nil)) }
            } else {
                state.cancelledQueues.insert(name)
            }
        }
        worker.wakeUp()
        let verb = isActive ? "add consumer" : "no longer consuming from"
        return .members(["ok": .string("\(verb) \(name)")])
    }

    private func queryTasks(_ arguments: JSONValue) -> JSONValue {
        let ids = arguments["ids"].string.map { [$0] } ?? arguments["ids"].array?.compactMap(\.string) ?? []
        let held = worker.state.withLock { state in
            state.running.values.map { ($0, "active") } + state.scheduled.values.map { ($0, "reserved") }
        }
        return .object(
            held.filter { ids.contains($0.0.call.id) }.map { held, kind in
                JSONMember(
                    held.call.id, .array([.string(kind), description(of: held, isActive: kind == "active")]))
            })
    }

    private func description(of held: CeleryWorkerState.Held, isActive: Bool) -> JSONValue {
        let message = held.call.message
        return .members([
            "id": .string(message.id), "name": .string(message.task), "args": .array(message.arguments),
            "kwargs": .object(message.keywords), "type": .string(message.task),
            "hostname": .string(worker.options.node), "time_start": isActive ? .real(held.startedAt) : .null,
            "acknowledged": .bool(false),
            "delivery_info": .members([
                "exchange": .string(""), "routing_key": .string(held.call.queue),
                "priority": .integer(message.priority), "redelivered": .bool(message.isRedelivered),
            ]), "worker_pid": .integer(getpid()),
        ])
    }

    private func configuration() -> JSONValue {
        .members([
            "accept_content": .array([.string("json")]), "task_acks_late": .bool(true),
            "task_protocol": .integer(2), "worker_concurrency": .integer(worker.state.withLock { $0.concurrency }),
            "worker_prefetch_multiplier": .integer(1), "result_expires": .integer(worker.options.resultSeconds),
            "phototui_reads_pauses": .bool(true),
            "worker_send_task_events": .bool(worker.events.isEnabled),
            "broker_transport_options": .members([
                "visibility_timeout": .real(worker.options.visibilitySeconds),
                "global_keyprefix": .string(worker.broker.keys.prefix),
            ]),
        ])
    }

    private func statistics() -> JSONValue {
        let address = worker.broker.connection.address
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let state = worker.state.withLock { ($0.totals, $0.concurrency, $0.startedAt) }
        var port = 0
        if case .host(_, let number) = address.place { port = Int(number) }
        return .members([
            "total": .object(state.0.sorted { $0.key < $1.key }.map { JSONMember($0.key, .integer($0.value)) }),
            "pid": .integer(getpid()), "clock": .string(String(worker.events.clock)),
            "uptime": .integer(Int(Date().timeIntervalSince(state.2))),
            "pool": .members([
                "implementation": .string("phototui"), "max-concurrency": .integer(state.1),
                "processes": .array([.integer(getpid())]), "max-tasks-per-child": .string("N/A"),
                "put-guarded-by-semaphore": .bool(false), "timeouts": .array([.integer(0), .integer(0)]),
            ]),
            "broker": .members([
                "hostname": .string(address.hostName), "userid": .null,
                "virtual_host": .string(String(address.database)),
                "port": .integer(port), "transport": .string("redis"), "ssl": .bool(address.tls != nil),
                "connect_timeout": .integer(4), "transport_options": .object([]), "login_method": .null,
                "uri_prefix": .null, "heartbeat": .integer(0), "failover_strategy": .string("round-robin"),
                "alternates": .array([]), "insist": .bool(false),
            ]),
            "prefetch_count": .integer(state.1),
            "rusage": .members([
                "utime": .real(Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) / 1e6),
                "stime": .real(Double(usage.ru_stime.tv_sec) + Double(usage.ru_stime.tv_usec) / 1e6),
                "maxrss": .integer(usage.ru_maxrss),
            ]),
        ])
    }

    private static func queue(_ name: String) -> JSONValue {
        .members([
            "name": .string(name),
            "exchange": .members([
                "name": .string(name), "type": .string("direct"), "arguments": .null, "durable": .bool(true),
                "passive": .bool(false), "auto_delete": .bool(false), "delivery_mode": .null,
                "no_declare": .bool(false),
            ]),
            "routing_key": .string(name), "queue_arguments": .null, "binding_arguments": .null,
            "consumer_arguments": .null, "durable": .bool(true), "exclusive": .bool(false), "auto_delete": .bool(false),
            "no_ack": .bool(false), "alias": .null, "bindings": .array([]), "no_declare": .null, "expires": .null,
            "message_ttl": .null, "max_length": .null, "max_length_bytes": .null, "max_priority": .null,
        ])
    }
}
