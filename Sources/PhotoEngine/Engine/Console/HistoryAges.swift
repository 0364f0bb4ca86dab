public import Core
internal import Foundation

/// When waiting messages were published, from a history of their broker's tasks: Celery's publishers don't write it into them.
extension TaskHistory {
    public func dating(_ listing: QueueListing) async throws -> QueueListing {
        let undated = listing.queues.flatMap(\.undatedTasks)
        if undated.isEmpty { return listing }
        let moments = try await sentMoments(of: undated)
        let now = Date().timeIntervalSince1970
        let queues = listing.queues.map { queue in
            var queue = queue
            let ages = queue.undatedTasks.compactMap { moments[$0] }.map { max(0, now - $0) }
            queue.oldestSeconds = (ages + [queue.oldestSeconds].compactMap(\.self)).max()
            return queue
        }
        return QueueListing(queues: queues, isComplete: listing.isComplete, unreadable: listing.unreadable)
    }

    public func dating(_ messages: [QueuedMessage]) async throws -> [QueuedMessage] {
        let moments = try await sentMoments(of: messages.filter { $0.publishedAt == nil }.compactMap(\.id))
        return messages.map { message in
            var message = message
            message.publishedAt = message.publishedAt ?? message.id.flatMap { moments[$0] }
            return message
        }
    }
}
