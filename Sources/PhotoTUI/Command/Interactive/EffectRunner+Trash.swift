import App
import Core
import PhotoEngine
import Synchronization
import SystemPackage
import Workflows

extension EffectRunner {
    /// Performs what the list of the trash asks for.
    func performForTrash(_ effect: Effect) {
        switch effect {
        case .loadTrash(let request, let after, let limit):
            run(request) { library in
                let found = try await library.catalog.trash(after: after, limit: limit + 1)
                let sums = try await library.catalog.trashSums()
                return .trashLoaded(
                    request,
                    TrashPage(
                        photos: found.prefix(limit).map { ListedTrash($0, in: library) }, hasMore: found.count > limit,
                        count: sums.photos, byteCount: sums.byteCount, readAt: SystemClock().microseconds))
            }
        case .restoreTrash(let request, let photos):
            change(request) { [self] library in
                .trashRestored(
                    request,
                    try await library.catalog.restore(photos, actor: DuplicatesCommand.actor, reason: said("")))
            }
        case .planEmptying(let request, let days):
            run(request) { [place] library in
                .emptyingPlanned(
                    request, try await Self.empty(library, place.environment, days: days, isDry: true, reason: ""))
            }
        case .emptyTrash(let request, let days, let reason):
            change(request) { [self] library in
                .trashEmptied(
                    request,
                    try await Self.empty(
                        library, place.environment, days: days, isDry: false, reason: said(reason)))
            }
        default: break
        }
    }

    private static func empty(
        _ library: Library, _ environment: [String: String], days: Int, isDry: Bool, reason: String
    ) async throws -> TrashEmptyingSums {
        let moment = SystemClock().microseconds - Int64(days) * 86_400_000_000
        let sums = Mutex(TrashEmptyingSums())
        try await library.trashEmptying(environment: environment).run(
            trashedBefore: moment + 1, movesOriginals: false, isDry: isDry, actor: DuplicatesCommand.actor,
            reason: reason
        ) { trashed, outcome in
            sums.withLock { sums in
                switch outcome {
                case .removed:
                    sums.removed += 1
                    sums.byteCount = ByteCount(sums.byteCount.bytes + trashed.photo.byteCount.bytes)
                case .inPlace: sums.inPlace += 1
                case .failed(_, let reason):
                    if sums.failed == 0 { sums.reason = displayEscaped(reason) }
                    sums.failed += 1
                }
            }
        }
        return sums.withLock { $0 }
    }
}

extension ListedTrash {
    init(_ trashed: TrashedPhoto, in library: Library) {
        let photo = trashed.photo
        self.init(
            photo: photo.id, sha256: photo.sha256, name: photo.filename, byteCount: photo.byteCount,
            place: PhotoFormat.place(of: photo, in: library), isCopy: PhotoFormat.key(of: photo) != nil,
            isMissing: photo.isMissing, position: TrashPosition(trashed))
    }
}
