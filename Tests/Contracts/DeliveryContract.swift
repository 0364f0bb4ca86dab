public import Core
import Foundation

/// What every delivery promises, whatever carries its messages. The subject of `cases` hides a received message for
/// `longVisibility`, so that a loaded machine finishes a case meanwhile.
public enum DeliveryContract {
    public typealias Subject = any Delivery

    public static let longVisibility = Duration.seconds(600)
    public static let visibility = Duration.seconds(12)

    public static let cases: [ContractCase<Subject>] = [
        ContractCase("Messages of a queue arrive in the order they were published") { delivery in
            let messages = (0..<5).map { _ in message(.high) }
            for message in messages { try await delivery.publish(message) }
            for message in messages {
                try requireEqual(await receive(delivery)?.message, message, "the next message")
            }
            try requireEqual(await receive(delivery), nil, "the message after the last")
        },
        ContractCase("Messages that are published together arrive in their order") { delivery in
            let messages = (0..<5).map { _ in message(.low) }
            try await delivery.publish(messages)
            try await delivery.publish([])
            for message in messages {
                try requireEqual(await receive(delivery, from: [.low])?.message, message, "the next message")
            }
            try requireEqual(await receive(delivery, from: [.low]), nil, "the message after the last")
        },
        ContractCase("The most urgent queue is served first, in whatever order it is named") { delivery in
            let batch = message(.batch)
            let low = message(.low)
            let high = message(.high)
            for message in [batch, low, high] { try await delivery.publish(message) }
            let order = [QueueName.batch, .high, .low]
            for expected in [high, low, batch] {
                try requireEqual(await receive(delivery, from: order)?.message, expected, "the next message")
            }
        },
        ContractCase("Only the queues named are received from") { delivery in
            try await delivery.publish(message(.low))
            try requireEqual(await receive(delivery, from: [.high, .batch]), nil, "a message of another queue")
            try requireEqual(await delivery.depth(of: .low), QueueDepth(waiting: 1, unacknowledged: 0), "the depth")
        },
        ContractCase("Nothing comes before the timeout, and then nil") { delivery in
            let clock = ContinuousClock()
            let taken = try await clock.measure {
                try requireEqual(
                    await delivery.receive(from: [.high], timeout: .milliseconds(120)), nil, "a message")
            }
            try require(taken >= .milliseconds(110), "returned after \(taken), before its timeout")
            try require(taken < .seconds(30), "returned after \(taken), long after its timeout")
        },
        ContractCase("A waiting receiver gets a message as soon as it is published") { delivery in
            let expected = message(.high)
            async let received = delivery.receive(from: [.high], timeout: .seconds(40))
            try await Task.sleep(for: .milliseconds(50))
            let clock = ContinuousClock()
            let start = clock.now
            try await delivery.publish(expected)
            try requireEqual(await received?.message, expected, "the message")
            try require(clock.now - start < .seconds(20), "the receiver slept on")
        },
        ContractCase("A message goes to one of many waiting receivers") { delivery in
            let expected = message(.high)
            let received = try await withThrowingTaskGroup(of: DeliveredMessage?.self) { group in
                for _ in 0..<5 {
                    group.addTask { try await delivery.receive(from: [.high], timeout: .milliseconds(200)) }
                }
                try await Task.sleep(for: .milliseconds(30))
                try await delivery.publish(expected)
                return try await group.reduce(into: [DeliveredMessage]()) { list, one in
                    if let one { list.append(one) }
                }
            }
            try requireEqual(received.map(\.message), [expected], "what all receivers got")
        },
        ContractCase("A rejected message goes back to the head, or is dropped") { delivery in
            let first = message(.high)
            try await delivery.publish(first)
            try await delivery.publish(message(.high))
            try await delivery.reject(received(receive(delivery)).tag, requeue: true)
            let again = try await received(receive(delivery))
            try requireEqual(again.message, first, "the message at the head")
            try await delivery.reject(again.tag, requeue: false)
            _ = try await received(receive(delivery))
            try requireEqual(await receive(delivery), nil, "a message")
            try requireEqual(
                await delivery.depth(of: .high), QueueDepth(waiting: 0, unacknowledged: 1), "the depth")
        },
        ContractCase("Peeking leaves messages where they are") { delivery in
            let messages = (0..<4).map { _ in message(.low) }
            for message in messages { try await delivery.publish(message) }
            try requireEqual(await delivery.peek(.low, limit: 3), Array(messages[..<3]), "the messages at the head")
            try requireEqual(await delivery.peek(.high, limit: 3), [], "the messages of another queue")
            try requireEqual(await delivery.depth(of: .low), QueueDepth(waiting: 4, unacknowledged: 0), "the depth")
        },
        ContractCase("A purge drops what waits and nothing else") { delivery in
            for _ in 0..<3 { try await delivery.publish(message(.low)) }
            try await delivery.publish(message(.high))
            let held = try await received(receive(delivery, from: [.low]))
            try requireEqual(await delivery.purge(.low), 2, "the number dropped")
            try requireEqual(await delivery.purge(.low), 0, "the number dropped by a second purge")
            try requireEqual(await delivery.depth(of: .low), QueueDepth(waiting: 0, unacknowledged: 1), "the depth")
            try requireEqual(await delivery.depth(of: .high), QueueDepth(waiting: 1, unacknowledged: 0), "the depth")
            try await delivery.acknowledge(held.tag)
        },
        ContractCase("A cancelled receiver returns at once and loses no message") { delivery in
            let waiting = Task { try await delivery.receive(from: [.high], timeout: .seconds(60)) }
            try await Task.sleep(for: .milliseconds(30))
            let clock = ContinuousClock()
            let start = clock.now
            waiting.cancel()
            _ = try? await waiting.value
            try require(clock.now - start < .seconds(20), "a cancelled receiver slept on")
            let expected = message(.high)
            try await delivery.publish(expected)
            try requireEqual(await receive(delivery)?.message, expected, "the message")
        },
    ]

    /// What happens when visibility ends; for a subject that hides a message for `visibility` alone.
    public static let visibilityCases: [ContractCase<Subject>] = [
        ContractCase("An acknowledged message never comes again; acknowledging twice succeeds") { delivery in
            try await delivery.publish(message(.high))
            let received = try await received(receive(delivery))
            try await delivery.acknowledge(received.tag)
            try await delivery.acknowledge(received.tag)
            try await delivery.acknowledge(DeliveryTag("never given"))
            try await Task.sleep(for: visibility + .milliseconds(200))
            try requireEqual(await receive(delivery), nil, "a message")
            try requireEqual(await delivery.depth(of: .high), QueueDepth(waiting: 0, unacknowledged: 0), "the depth")
        },
        ContractCase("A message that nobody acknowledges comes again, before those behind it") { delivery in
            let lost = message(.high)
            let next = message(.high)
            try await delivery.publish(lost)
            try await delivery.publish(next)
            let first = try await received(receive(delivery))
            try requireEqual(
                await delivery.depth(of: .high), QueueDepth(waiting: 1, unacknowledged: 1), "the depth meanwhile")
            try await Task.sleep(for: visibility + .milliseconds(200))
            let again = try await received(receive(delivery))
            try requireEqual(again.message, lost, "the message")
            try require(again.tag != first.tag, "a second delivery has the first one's tag")
        },
        ContractCase("A receiver that already waits gets a message whose visibility ends") { delivery in
            let lost = message(.high)
            try await delivery.publish(lost)
            _ = try await received(receive(delivery))
            let again = try await delivery.receive(from: [.high], timeout: .seconds(60))
            try requireEqual(again?.message, lost, "the message")
        },
        ContractCase("An extended message stays hidden longer") { delivery in
            try await delivery.publish(message(.high))
            let received = try await received(receive(delivery))
            try await delivery.extend(received.tag, by: .seconds(600))
            try await Task.sleep(for: visibility + .milliseconds(200))
            try requireEqual(await receive(delivery), nil, "a message")
            try await delivery.extend(DeliveryTag("never given"), by: .seconds(1))
        },
    ]

    private static func message(_ queue: QueueName) -> DeliveryMessage {
        DeliveryMessage(job: JobID(clock: SystemClock(), random: SystemRandom()), queue: queue)
    }

    private static func receive(
        _ delivery: any Delivery, from queues: [QueueName] = QueueName.allCases
    ) async throws -> DeliveredMessage? {
        try await delivery.receive(from: queues, timeout: .milliseconds(20))
    }

    private static func received(_ message: DeliveredMessage?) throws -> DeliveredMessage {
        guard let message else { throw ContractViolation("no message came") }
        return message
    }
}
