public import Core
internal import Foundation
internal import Glibc
public import SystemPackage

extension DecoderPool: ArchiveReader {
    /// In a decoder of its own: one archive takes as long as many photos.
    public func open(_ archive: FilePath, selecting selection: ArchiveSelection) async throws -> any ArchiveSession {
        let queue = BlockingQueue(label: "phototui.archive", isSerial: true)
        let limits = DecoderLimits(processorSeconds: 60, wallSeconds: 1200)
        let process = try await queue.run { [executable] in
            let descriptor = try Self.open(archive)
            defer { Glibc.close(descriptor) }
            let process = try DecoderProcess(executable: executable())
            try process.requireFit(limits)
            try process.send(DecoderRequest(task: .readArchive(selection), limits: limits), file: descriptor)
            return process
        }
        return DecoderArchiveSession(process, queue: queue, limits: limits)
    }
}

/// An archive that a decoder reads.
final class DecoderArchiveSession: ArchiveSession {
    private let process: DecoderProcess
    private let queue: BlockingQueue
    private let limits: DecoderLimits

    init(_ process: DecoderProcess, queue: BlockingQueue, limits: DecoderLimits) {
        (self.process, self.queue, self.limits) = (process, queue, limits)
    }

    func next() async throws -> ArchivePart? {
        try await withTaskCancellationHandler {
            do {
                let (reply, payload) = try await queue.run { [process, limits] in try process.receive(limits) }
                switch reply {
                case .archiveEntry(let entry): return .entry(entry)
                case .archiveBytes: return .bytes(payload)
                case .archiveContentEnd(let problem): return .contentEnd(problem: problem.map { displayEscaped($0) })
                case .archiveEnd(let problem): return .end(problem: problem.map { displayEscaped($0) })
                case .failed(let code, let whatHappened): throw EngineError(code, displayEscaped(whatHappened))
                default: throw EngineError(.decoderCrashed, "the decoder gave an answer that makes no sense")
                }
            } catch let error as EngineError {
                // It was ended by us.
                try Task.checkCancellation()
                throw error
            }
        } onCancel: {
            process.kill()
        }
    }

    func close() { process.kill() }
}
