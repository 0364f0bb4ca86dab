import Core
import Grid

@testable import App

/// A trash whose photos follow from their number, and that answers as the engine would. Number 0 came last.
final class SampleTrash: @unchecked Sendable {
    // SAFETY: a test's app runs on one thread.
    var numbers: [Int]
    var refusal: EngineError?
    private(set) var emptiedFor: [String] = []

    static let day: Int64 = 86_400_000_000
    static let now: Int64 = 100 * day

    init(_ count: Int) { numbers = Array(0..<count) }

    static func id(_ number: Int) -> PhotoID {
        PhotoID(
            bytes: (0..<16).map { $0 == 6 ? 0x70 : $0 < 14 ? 1 : UInt8(truncatingIfNeeded: number >> (8 * (15 - $0))) })!
    }

    /// Put there seven days apart; each third lies in a folder, the second of all is missing.
    static func photo(_ number: Int) -> ListedTrash {
        let id = id(number)
        let isCopy = !number.isMultiple(of: 3)
        return ListedTrash(
            photo: id, sha256: SHA256Digest(bytes: id.bytes + id.bytes)!,
            name: number == 1 ? "IMG\u{1b}[2J_1.jpg" : "IMG_\(number).jpg",
            byteCount: ByteCount(410_000 + Int64(number)),
            place: isCopy ? "originals/ab/\(number).jpg" : "/home/ana/phone/IMG_\(number).jpg", isCopy: isCopy,
            isMissing: number == 1,
            position: TrashPosition(trashedAt: now - Int64(number) * 7 * day, photo: id))
    }

    private var old: [Int] { numbers.filter { $0 * 7 >= TrashState.days } }

    private var sums: TrashEmptyingSums {
        var sums = TrashEmptyingSums()
        sums.removed = old.count { !$0.isMultiple(of: 3) && $0 != 7 }
        sums.byteCount = ByteCount(Int64(sums.removed) * 410_000)
        sums.inPlace = old.count { $0.isMultiple(of: 3) }
        sums.failed = old.count { $0 == 7 }
        sums.reason = sums.failed > 0 ? "it is the last copy: what was kept instead of it is no longer there" : ""
        return sums
    }

    func answers(_ effect: Effect) -> Message? {
        if let refusal {
            switch effect {
            case .loadTrash(let request, _, _), .restoreTrash(let request, _), .planEmptying(let request, _),
                .emptyTrash(let request, _, _):
                self.refusal = nil
                return .failed(request, refusal)
            default: return nil
            }
        }
        switch effect {
        case .loadTrash(let request, let after, let limit):
            let start = after.flatMap { after in numbers.firstIndex { Self.id($0) == after.photo } }.map { $0 + 1 } ?? 0
            let found = numbers.dropFirst(start).prefix(limit)
            return .trashLoaded(
                request,
                TrashPage(
                    photos: found.map(Self.photo), hasMore: start + found.count < numbers.count, count: numbers.count,
                    byteCount: ByteCount(Int64(numbers.count) * 410_000), readAt: Self.now))
        case .restoreTrash(let request, let photos):
            numbers.removeAll { photos.contains(Self.id($0)) }
            return .trashRestored(request, photos)
        case .planEmptying(let request, _): return .emptyingPlanned(request, sums)
        case .emptyTrash(let request, _, let reason):
            let (done, old) = (sums, old)
            emptiedFor.append(reason)
            numbers.removeAll { old.contains($0) && !$0.isMultiple(of: 3) && $0 != 7 }
            return .trashEmptied(request, done)
        default: return nil
        }
    }
}

extension RunningApp {
    /// The app on its trash.
    static func onTrash(_ trash: SampleTrash, columns: Int = 80, rows: Int = 24, look: Look = Look()) -> RunningApp {
        var library = SampleLibrary([("2024-07", 14)])
        library.trash = trash
        var app = RunningApp(library, columns: columns, rows: rows, look: look)
        app.start()
        app.press("x")
        return app
    }
}
