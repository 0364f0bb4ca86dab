public import Core
internal import Digest
internal import Foundation
public import Jobs
internal import SystemPackage

/// Processes one photo: decodes its original, stores its renditions, and hands over what the catalogue is to record.
public final class ProcessPhotoHandler: JobHandler {
    public typealias HandlerCatalog = PhotoCatalog & FileCatalog

    public let kind = JobKind.processPhoto
    private let catalog: any HandlerCatalog
    private let objects: any LocalObjectStore
    private let processor: any ImageProcessor
    private let options: ProcessingOptions
    private let places: PlaceTable?
    private let reading = BlockingQueue(label: "phototui.reindex")

    public init(
        catalog: any HandlerCatalog, objects: any LocalObjectStore, processor: any ImageProcessor,
        options: ProcessingOptions, places: PlaceTable? = nil
    ) {
        self.catalog = catalog
        self.objects = objects
        self.processor = processor
        self.options = options
        self.places = places
    }

    public func perform(_ job: Job) async throws -> JobResult {
        guard let id = job.photo, let photo = try await server({ try await catalog.photo(id) }) else {
            throw EngineError(.notFound, "the photo of this job is no longer in the catalogue")
        }
        var failure = EngineError(
            .notFound, "the original is not there", whatToDo: "bring back the file or its disk, then retry the job")
        for path in try await originals(of: photo) {
            try Task.checkCancellation()
            var processed: ProcessedPhoto
            do {
                processed = try await decode(path)
            } catch let error as EngineError {
                guard error.code.isAboutThePicture else {
                    failure = error
                    if error.code == .notFound { continue }
                    throw error
                }
                // The verdict holds for the photo only when these are the photo's bytes.
                try Task.checkCancellation()
                guard try await isUnchanged(path, photo) else {
                    failure = try await reindex(path, photo)
                    continue
                }
                throw JobFailure(error, isUnreadable: true)
            }
            guard processed.sha256 == photo.sha256 else {
                failure = try await reindex(path, photo)
                continue
            }
            if processed.metadata.captureTime == nil { processed.metadata.captureTime = photo.captureTime }
            // Without a table, somebody who has one looks it up later.
            if let position = processed.metadata.position {
                processed.place = try? await places?.place(at: position, processed.metadata.captureTime)
            }
            for rendition in processed.renditions {
                try await server { try await store(rendition, of: photo.sha256) }
            }
            return .processed(processed)
        }
        throw failure
    }

    /// Makes the renditions of a processed photo once more, where its original can still be read; the catalogue stays as it is.
    /// False where nothing could be made. Throws a retryable error when a server is away.
    public func remakeRenditions(of sha256: SHA256Digest) async throws -> Bool {
        try await firstOriginal(of: sha256) { path in
            guard let processed = try? await decode(path), processed.sha256 == sha256 else { return nil }
            for rendition in processed.renditions { try await store(rendition, of: sha256) }
            return true
        } ?? false
    }

    /// A digest of all pixels of a processed photo's original; nil where that can't be read. Throws a retryable error when a
    /// server is away.
    public func pixelDigest(of sha256: SHA256Digest) async throws -> PixelDigest? {
        try await firstOriginal(of: sha256) { path in
            guard let found = try? await processor.pixelDigest(path), found.sha256 == sha256 else { return nil }
            return found.pixels
        }
    }

    /// What is made of the first of a processed photo's originals of which something can be.
    private func firstOriginal<Value>(
        of sha256: SHA256Digest, _ make: (FilePath) async throws -> Value?
    ) async throws -> Value? {
        guard let photo = try await catalog.photo(sha256: sha256), photo.status == .ready, !photo.isMissing else {
            return nil
        }
        do {
            for path in try await originals(of: photo) {
                try Task.checkCancellation()
                if let value = try await make(path) { return value }
            }
        } catch let error as EngineError where !error.isRetryable {
            // The copy itself is gone.
        }
        return nil
    }

    /// Calls the catalogue or the store, whose outages are no fault of the job.
    private func server<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as EngineError where error.isRetryable {
            throw JobFailure(error, isOutage: true)
        }
    }

    /// Decodes, a second time where the decoder crashed: a machine short of memory ends one that did nothing wrong, and only
    /// a picture that does it again is at fault.
    private func decode(_ path: FilePath) async throws -> ProcessedPhoto {
        do {
            return try await processor.process(path, options: options)
        } catch let error as EngineError where error.code == .decoderCrashed {
            try Task.checkCancellation()
            return try await processor.process(path, options: options)
        }
    }

    /// The paths that should hold this photo's bytes, the most likely first.
    private func originals(of photo: Photo) async throws -> [FilePath] {
        var paths: [FilePath] = []
        switch photo.original {
        case .object(let key):
            try await server { try await objects.makeLocal(key, sha256: photo.sha256) }
            paths.append(objects.localPath(of: key))
        case .file(let path): paths.append(path)
        }
        for file in try await server({ try await catalog.files(of: photo.id) })
        where !file.isMissing && !paths.contains(file.path) {
            paths.append(file.path)
        }
        return paths
    }

    private func isUnchanged(_ path: FilePath, _ photo: Photo) async throws -> Bool {
        // Whatever they are bytes of: a client may have sent what is no picture.
        let sha256 = try await reading.run { try? SHA256Hasher.digest(path: path).sha256 }
        return sha256 == photo.sha256
    }

    /// Records what a file holds now, that changed after it was indexed.
    private func reindex(_ path: FilePath, _ photo: Photo) async throws -> EngineError {
        if case .object(let key) = photo.original, path == objects.localPath(of: key) {
            return EngineError(
                .corrupt, "the copy of the original is not what was stored", whatToDo: "restore it from a backup")
        }
        let read = try await reading.run { FileReader().read(path) { false } }
        if let scanned = ScannedFile(path: path, reading: read) {
            _ = try await server { try await catalog.record([scanned]) }
        }
        return EngineError(.conflict, "the file changed after it was indexed; it is indexed anew")
    }

    private func store(_ rendition: Rendition, of sha256: SHA256Digest) async throws {
        let key = rendition.kind.key(of: sha256)
        do {
            try await objects.put(rendition.data, at: key, sha256: nil)
        } catch let error as EngineError where error.code == .conflict {
            // An older encoder's bytes: a rendition is derived, so that the newer may take its place.
            try await objects.delete(key)
            try await objects.put(rendition.data, at: key, sha256: nil)
        }
    }
}

extension EngineError.Code {
    /// What a decoder says of the bytes it was given, rather than of the file or the machine.
    fileprivate var isAboutThePicture: Bool {
        switch self {
        case .unsupported, .corrupt, .limitExceeded, .timedOut, .decoderCrashed: true
        default: false
        }
    }
}

extension ScannedFile {
    /// What to record of a reading; nil for one that must not be remembered.
    init?(path: FilePath, reading: FileReader.Reading) {
        let content: Content
        switch reading.content {
        case .picture(let sha256, let mediaType):
            let time = CaptureTime(filename: path.filename, modified: reading.fingerprint.modified)
            content = .photo(sha256: sha256, mediaType: mediaType, provisional: time, original: .file(path))
        case .unsupported(let reason): content = .unsupported(reason: reason)
        case .rejected(let reason): content = .rejected(reason: reason)
        case .unreadable, .left, .gone, .cancelled: return nil
        }
        self.init(path: path, fingerprint: reading.fingerprint, content: content, parts: reading.parts)
    }
}
