internal import Core

extension ObjectPromotion {
    /// Why the original stays: only what holds the photo's bytes was brought. Renditions go from a folder alone; in a bucket other
    /// owners' photos may have the same.
    func remove(
        _ photo: PromotedPhoto, _ key: ObjectKey, _ keeps: @Sendable (PromotedPhoto) async throws -> Bool
    ) async throws -> String? {
        if case .folder(let store) = target {
            for rendition in try await renditions(of: photo, in: target) {
                try await store.delete(rendition.key)
                count { $0.removed += 1 }
            }
        }
        if try await keeps(photo) { return nil }
        switch try await target.verify(key, byteCount: photo.byteCount, sha256: photo.sha256) {
        case nil: return nil
        case false?: return "what is under its key holds other bytes, and stays"
        case true?: break
        }
        try await target.objects.delete(key)
        // Whoever found it there a moment ago relies on it.
        if try await keeps(photo) { return try await send(photo, key) }
        count { tally in
            tally.removed += 1
            tally.bytesRemoved += photo.byteCount.bytes
        }
        return nil
    }
}
