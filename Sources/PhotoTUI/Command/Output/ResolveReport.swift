import Core
import Synchronization

/// What `duplicates resolve` tells: as text a line for each cluster at once, as JSON one document at the end.
final class ResolveReport: Sendable {
    private struct Sums {
        var count = 0
        var byteCount: Int64 = 0
        var leftAlone = 0
        var takenByOthers = 0
        var failed: [(cluster: String, error: EngineError)] = []
        /// Kept for JSON alone.
        var resolved: [JSON] = []
    }

    private static let mostAlike = 3

    private let isJSON: Bool
    private let isDry: Bool
    private let sums = Mutex(Sums())

    init(isJSON: Bool, isDry: Bool) {
        self.isJSON = isJSON
        self.isDry = isDry
    }

    var count: Int { sums.withLock { $0.count } }
    var failed: [(cluster: String, error: EngineError)] { sums.withLock { $0.failed } }

    func add(_ cluster: ResolvedCluster) throws {
        sums.withLock {
            $0.count += 1
            $0.byteCount += cluster.byteCount.bytes
            if isJSON { $0.resolved.append(cluster.json) }
        }
        if !isJSON { try Console.line(cluster.text) }
    }

    func fail(_ cluster: String, _ error: EngineError) {
        sums.withLock { $0.failed.append((cluster, error)) }
    }

    func setLeftAlone(_ count: Int, takenByOthers: Int) {
        sums.withLock { ($0.leftAlone, $0.takenByOthers) = (count, takenByOthers) }
    }

    /// Tells what failed: of what has one reason, as with a disk away, only the first few.
    func complain() {
        let groups = Dictionary(grouping: failed.enumerated(), by: \.element.error.whatToDo).values
        for group in groups.sorted(by: { $0[0].offset < $1[0].offset }) {
            for item in group.prefix(Self.mostAlike) {
                Console.complain("\(item.element.cluster): \(item.element.error.description)")
            }
            let more = group.count - Self.mostAlike
            if more > 0 { Console.complain("and \(more) more like these: --json lists them all") }
        }
    }

    func end(isInterrupted: Bool = false) throws {
        let sums = sums.withLock { $0 }
        if isJSON {
            let document: JSON = .object([
                "dry_run": .bool(isDry),
                "interrupted": .bool(isInterrupted),
                "resolved": .count(sums.count),
                "bytes": .integer(sums.byteCount),
                "left_alone": .count(sums.leftAlone),
                "taken_by_others": .count(sums.takenByOthers),
                "resolutions": .array(sums.resolved),
                "skipped": .array(
                    sums.failed.map {
                        .object(["cluster": .rawText($0.cluster), "reason": .rawText($0.error.description)])
                    }),
            ])
            return try Console.line(document.encoded())
        }
        if sums.failed.isEmpty || sums.count > 0 {
            let (resolved, won) = isDry ? ("would be resolved", "to win") : ("resolved", "won")
            Console.note("\(counted(sums.count, "cluster")) \(resolved), \(ByteCount(sums.byteCount)) \(won)\n")
        }
        if sums.takenByOthers > 0 {
            Console.note("\(counted(sums.takenByOthers, "cluster")) decided on by somebody else meanwhile\n")
        }
        if sums.leftAlone > 0 {
            Console.note("\(counted(sums.leftAlone, "cluster")) left: look at them one by one\n")
        }
    }
}
