internal import Core
internal import Foundation

/// Asks the workers of a broker by Celery's remote control, as `celery inspect` and `celery control` do
/// (https://docs.celeryq.dev/en/stable/userguide/workers.html#remote-control).
struct RemoteQuestions {
    struct Question {
        let method: String
        let arguments: JSONValue
        /// Names of workers; nil asks all.
        let destination: [String]?

        init(_ method: String, _ arguments: JSONValue = .object([]), destination: [String]? = nil) {
            self.method = method
            self.arguments = arguments
            self.destination = destination
        }
    }

    private let broker: CeleryBroker
    private static let exchange = "reply.celery.pidbox"
    /// Between two looks for answers.
    private static let (firstPause, longestPause) = (Duration.milliseconds(10), Duration.milliseconds(100))

    init(_ broker: CeleryBroker) {
        self.broker = broker
    }

    struct Answers {
        /// For each question what each worker answered, by its name.
        var byQuestion: [[String: JSONValue]]
        /// Answers that did not come.
        var missing: Int

        subscript(question: Int) -> [String: JSONValue] { byQuestion[question] }
    }

    /// Ends when all who listen have answered, or after `patience`.
    /// `silent` who listen are known not to answer.
    func ask(
        _ questions: [Question], patience: Duration, clock: Int = 0, silent: Int = 0
    ) async throws -> Answers {
        let route = CeleryID.make()
        let queue = route + "." + Self.exchange
        let binding = RedisArgument.text(broker.keys.binding(of: Self.exchange))
        let member = RedisArgument.text(broker.keys.member(routingKey: route, queue: queue))
        let list = RedisArgument.key(broker.keys.list(of: queue, priority: 0))
        let deadline = ContinuousClock.now + patience
        let tickets = questions.indices.map { "\(route):\($0)" }
        var answers = Answers(byQuestion: Array(repeating: [:], count: questions.count), missing: 0)
        func forget() async {
            _ = try? await broker.connection.send([RedisCommand("SREM", binding, member), RedisCommand("DEL", list)])
        }
        do {
            let asked = try await broker.connection.sendAll(
                [RedisCommand("SADD", binding, member)]
                    + zip(questions, tickets).map { publishing($0, ticket: $1, route: route, patience, clock: clock) })
            // Each question reaches as many; those it is not meant for, and monitors, stay silent.
            var missing = zip(questions, asked.dropFirst()).reduce(0) { sum, asked in
                let reached = (asked.1.integer ?? 0) - silent
                return sum + min(reached, asked.0.destination?.count ?? reached)
            }
            // Most answer at once; who does not is not waited for with a hundred commands a second.
            var pause = Self.firstPause
            while missing > 0, ContinuousClock.now < deadline {
                guard let bytes = try await broker.connection.send(RedisCommand("LPOP", list)).bytes else {
                    try await Task.sleep(for: pause)
                    pause = min(Self.longestPause, pause * 1.3)
                    continue
                }
                pause = Self.firstPause
                missing -= 1
                guard let envelope = JSONValue(parsing: bytes), let ticket = envelope["headers"]["ticket"].string,
                    let index = tickets.firstIndex(of: ticket)
                else { continue }
                for node in CeleryEnvelope.body(of: envelope)?.members ?? [] {
                    answers.byQuestion[index][node.name] = node.value
                }
            }
            answers.missing = max(0, missing)
        } catch {
            await forget()
            throw error
        }
        await forget()
        return answers
    }

    /// Asks for no answer.
    func tell(_ question: Question) async throws {
        _ = try await broker.connection.send(publishing(question, ticket: nil, route: nil, .seconds(10), clock: 0))
    }

    private func publishing(
        _ question: Question, ticket: String?, route: String?, _ patience: Duration, clock: Int
    ) -> RedisCommand {
        var body: [JSONMember] = [
            JSONMember("method", .string(question.method)), JSONMember("arguments", question.arguments),
            JSONMember("destination", question.destination.map { .array($0.map(JSONValue.string)) } ?? .null),
            JSONMember("pattern", .null), JSONMember("matcher", .null),
        ]
        if let ticket, let route {
            body.append(JSONMember("ticket", .string(ticket)))
            body.append(
                JSONMember(
                    "reply_to",
                    .members(["exchange": .string(Self.exchange), "routing_key": .string(route)])))
        }
        let envelope = CeleryEnvelope.make(
            body: .object(body), exchange: "celery.pidbox", routingKey: "",
            headers: .members([
                "clock": .integer(clock), "expires": .real(Date().timeIntervalSince1970 + patience / .seconds(1)),
            ]))
        return RedisCommand("PUBLISH", .text(broker.keys.controlChannel), .bytes(envelope.encoded))
    }
}
