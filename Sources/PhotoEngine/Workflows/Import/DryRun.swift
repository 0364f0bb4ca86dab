internal import Core
internal import Foundation
internal import Synchronization
internal import SystemPackage

/// What an import would do: reads and decodes as it would, and changes nothing.
final class DryRun: Sendable {
    private let importer: Importer
    private let tally: ImportTally
    private let room: ImportRoom
    private let gate: MalwareGate?
    /// As `ImportIndex.named`.
    private let named: Set<FilePath>
    /// For each new picture, why it can't be decoded, or nil when it can.
    private let verdicts = Mutex<[SHA256Digest: Task<String?, any Error>]>([:])
    private let decoding = Mutex<[(path: FilePath, isFirst: Bool, verdict: Task<String?, any Error>)]>([])

    init(importer: Importer, tally: ImportTally, room: ImportRoom, gate: MalwareGate?, named: Set<FilePath>) {
        (self.room, self.gate) = (room, gate)
        self.named = named
        self.importer = importer
        self.tally = tally
    }

    func run(_ roots: [FilePath], progress: @escaping @Sendable (ImportProgress) -> Void) async throws {
        let index = ImportIndex(
            catalog: importer.catalog, tally: tally, libraryFolder: importer.libraryFolder, readers: importer.readers,
            reader: FileReader(room: room), gate: gate, named: named)
        try await index.run(roots, known: known, read: read, makesRoom: { false }) {
            if let due = self.tally.progressDue() { progress(due) }
        }
        try await settle(keeping: 0)
    }

    private func known(_ file: LibraryFile) async throws {
        switch file.outcome {
        case .photo: tally.add(file.path, .known)
        case .unsupported(let reason): tally.add(file.path, .unsupported, reason: reason)
        case .rejected(let reason): tally.add(file.path, .rejected, reason: reason)
        }
    }

    private func read(_ path: FilePath, _ reading: FileReader.Reading) async throws {
        switch reading.content {
        case .unsupported(let reason): tally.add(path, .unsupported, reason: reason)
        case .rejected(let reason), .unreadable(let reason): tally.add(path, .rejected, reason: reason)
        case .left(let reason): tally.add(path, .left, reason: reason)
        case .gone, .cancelled: return
        case .picture(let sha256, _):
            if let photo = try await importer.catalog.photo(sha256: sha256) {
                let isUnreadable = photo.status == .unreadable
                tally.add(path, isUnreadable ? .rejected : .known, reason: isUnreadable ? photo.problem : nil)
            } else if verdicts.withLock({ $0[sha256] == nil }),
                let reason = room.foresee(ByteCount(reading.fingerprint.byteCount))
            {
                tally.add(path, .left, reason: reason)
            } else {
                let (verdict, isFirst) = verdicts.withLock { verdicts in
                    if let verdict = verdicts[sha256] { return (verdict, false) }
                    let verdict = Task { try await self.decode(path) }
                    verdicts[sha256] = verdict
                    return (verdict, true)
                }
                decoding.withLock { $0.append((path, isFirst, verdict)) }
                try await settle(keeping: importer.readers)
            }
        }
    }

    private func decode(_ path: FilePath) async throws -> String? {
        do {
            _ = try await importer.processor.process(path, options: importer.options)
            return nil
        } catch let error as EngineError where !error.isRetryable {
            return error.description
        }
    }

    /// Counts decoded files until only this many are under way, so that memory stays bounded.
    private func settle(keeping count: Int) async throws {
        while let next = decoding.withLock({ $0.count > count ? $0.removeFirst() : nil }) {
            guard !Task.isCancelled else { return next.verdict.cancel() }
            let reason = try await next.verdict.value
            tally.add(
                next.path, reason != nil ? .rejected : next.isFirst ? .imported : .known, reason: reason)
        }
    }
}
