/// What has been found of a broker so far, a page at a time: a server may hold millions of keys, and is busy with other things.
struct BrokerSurvey: Sendable {
    /// One pass over the server's keys after the other: lists first, then the sets that bind queues to exchanges.
    var listPass = KeyPass()
    var bindingPass = KeyPass()
    /// Queues by what the bindings say of them: exchange and routing key. Celery binds all queues that were given neither to
    /// the same.
    var bindings: [Route: Set<String>] = [:]
    /// As they were found to be; nil before.
    var keys: CeleryKeys?
    var deliveries = Census<Delivered>()
    var deadLetters = Census<Int>()
    /// Of each list at the last look, and when that was.
    var glances: [String: Glance] = [:]
    var glancedAt: ContinuousClock.Instant?

    /// What a list was like.
    struct Glance: Sendable {
        let length: Int
        /// The delivery tag of the newest message; empty where there was none.
        let newest: String
    }

    struct Route: Hashable {
        let exchange: String
        let routingKey: String
    }

    struct Delivered: Additive, Equatable {
        static let zero = Delivered(count: 0, scheduled: 0)
        var count: Int
        var scheduled: Int

        static func += (left: inout Delivered, right: Delivered) {
            left.count += right.count
            left.scheduled += right.scheduled
        }
    }

    /// The names found in this pass and the one before, of which the latter may be gone.
    struct KeyPass: Sendable {
        var cursor = "0"
        var found: Set<String> = []
        private var before: Set<String> = []
        private(set) var isComplete = false

        /// Those among them that are no UTF-8.
        private var unreadableNames: Set<[UInt8]> = []
        private var unreadableBefore: Set<[UInt8]> = []

        var names: Set<String> { found.union(before) }
        var unreadable: Int { unreadableNames.union(unreadableBefore).count }

        mutating func take(_ names: [[UInt8]], next: String) {
            for name in names {
                found.insert(RedisName.text(name))
                if String(validating: name, as: UTF8.self) == nil { unreadableNames.insert(name) }
            }
            cursor = next
            guard next == "0" else { return }
            isComplete = true
            (before, unreadableBefore) = (found, unreadableNames)
            (found, unreadableNames) = ([], [])
        }
    }

    /// A sum by key over a hash that is read a page at a time; of the last whole pass, until the next is whole.
    struct Census<Value: Additive & Sendable>: Sendable {
        private(set) var cursor = "0"
        private var counting: [Route: Value] = [:]
        private var whole: [Route: Value]?

        var isComplete: Bool { whole != nil }
        var values: [Route: Value] { whole ?? counting }

        mutating func take(_ page: [(Route, Value)], next: String) {
            for (route, value) in page { counting[route, default: .zero] += value }
            cursor = next
            guard next == "0" else { return }
            whole = counting
            counting = [:]
        }
    }
}

protocol Additive {
    static var zero: Self { get }
    static func += (left: inout Self, right: Self)
}

extension Int: Additive {}
