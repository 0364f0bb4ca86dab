import App
import Core

/// Finds a photo's place in its month by a binary search over the timeline's order: some twenty small queries for a month
/// of a million.
struct PhotoLocator {
    let catalog: any TimelineCatalog & PhotoCatalog

    func locate(_ id: PhotoID) async throws -> LocatedPhoto? {
        guard let photo = try await catalog.photo(id) else { return nil }
        let month = photo.captureTime.month
        guard let count = try await catalog.months().first(where: { $0.month == month })?.count
        else {
            return nil
        }
        var (low, high) = (0, count)
        while low < high {
            try Task.checkCancellation()
            let middle = (low + high) / 2
            let query = TimelineQuery(month: month, skip: middle, limit: 1)
            guard let entry = try await catalog.timeline(query).first else {
                high = middle
                continue
            }
            if entry.id == id { return LocatedPhoto(photo: id, month: month, index: middle) }
            // Newest first by wall clock, then by id.
            let time = entry.captureTime.wallMicroseconds
            let isBefore =
                time > photo.captureTime.wallMicroseconds
                || (time == photo.captureTime.wallMicroseconds && entry.id > id)
            if isBefore { low = middle + 1 } else { high = middle }
        }
        return nil
    }
}
