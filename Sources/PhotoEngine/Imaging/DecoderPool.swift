public import Core
internal import Foundation
internal import Glibc
public import SystemPackage

/// Warm decoder processes, each with one picture at a time. Requests for pixels overtake those that process.
///
/// Decoders start when first needed; one that crashed, hung or was cancelled is replaced at the next request.
public final class DecoderPool: ImageProcessor, SidecarCoder, PositionEraser {
    let executable: @Sendable () throws -> String
    private let limits: DecoderLimits
    private let slots: SlotQueue
    private let queue = BlockingQueue(label: "phototui.decoders")

    /// - Parameters:
    ///   - executable: the decoder's program; nil looks at `PHOTOTUI_DECODER`, then beside the running program.
    ///   - count: decoders at a time, at least 1.
    public init(executable: FilePath? = nil, count: Int, limits: DecoderLimits = DecoderLimits()) {
        self.executable = { try executable?.string ?? Self.locate().string }
        self.limits = limits
        slots = SlotQueue(count: max(1, count))
    }

    /// The decoder's program. Throws `.unavailable` with what to do.
    public static func locate() throws -> FilePath {
        var candidates: [FilePath] = []
        if let named = ProcessInfo.processInfo.environment["PHOTOTUI_DECODER"], !named.isEmpty {
            candidates = [FilePath(named)]
        } else if let running = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
            let folder = FilePath(running).removingLastComponent()
            candidates = [
                folder.appending("phototui-decoder"),
                folder.removingLastComponent().appending("libexec/phototui/phototui-decoder"),
            ]
        }
        guard let found = candidates.first(where: { access($0.string, X_OK) == 0 }) else {
            throw EngineError(
                .unavailable, "the program phototui-decoder is not beside phototui",
                whatToDo: "install both in one folder, or set PHOTOTUI_DECODER to its path", cause: ServerRefusal())
        }
        return found
    }

    /// Ends every idle decoder; busy ones end with their request.
    public func close() {
        slots.dropIdle()
    }

    public func process(_ file: FilePath, options: ProcessingOptions) async throws -> ProcessedPhoto {
        let (reply, payload, _) = try await exchange(
            .process(sizes: options.sizes, formats: options.formats, usesFullHash: options.usesFullHash), file: file,
            isUrgent: false)
        guard case .processed(let header) = reply, let sha256 = SHA256Digest(header.sha256),
            let hash = PerceptualHash(header.perceptualHash),
            header.renditions.allSatisfy({ $0.byteCount >= 0 && $0.byteCount <= payload.count }),
            header.renditions.reduce(0, { $0 + $1.byteCount }) == payload.count
        else { throw Self.brokenReply }
        var offset = 0
        let renditions = header.renditions.map { part in
            defer { offset += part.byteCount }
            return Rendition(
                kind: RenditionKind(size: part.size, format: part.format),
                data: Array(payload[offset..<offset + part.byteCount]))
        }
        return ProcessedPhoto(
            sha256: sha256, mediaType: header.mediaType, pixelSize: header.pixelSize, perceptualHash: hash,
            metadata: header.metadata, faces: header.faces, isFavourite: header.isFavourite, problem: header.problem,
            renditions: renditions)
    }

    public func hash(
        _ file: FilePath, detail: HashDetail
    ) async throws -> (sha256: SHA256Digest, perceptualHash: PerceptualHash) {
        let (reply, _, _) = try await exchange(.hash(detail: detail), file: file, isUrgent: false)
        guard case .hashed(let digest, let bits) = reply, let sha256 = SHA256Digest(digest),
            let hash = PerceptualHash(bits)
        else { throw Self.brokenReply }
        return (sha256, hash)
    }

    public func pixels(_ file: FilePath, region: PictureRegion, fitting: PixelSize) async throws -> PixelBuffer {
        let (reply, payload, _) = try await exchange(
            .pixels(region: region, fitting: fitting), file: file, isUrgent: true)
        guard case .pixels(let size) = reply, size.width > 0, size.height > 0, size.pixels * 3 == payload.count else {
            throw Self.brokenReply
        }
        return PixelBuffer(size: size, rgb: payload)
    }

    public func pixelDigest(_ file: FilePath) async throws -> (sha256: SHA256Digest, pixels: PixelDigest) {
        let (reply, _, _) = try await exchange(.digestPixels, file: file, isUrgent: false)
        guard case .pixelsDigested(let digest, let size, let pixels) = reply, let sha256 = SHA256Digest(digest),
            let pixels = SHA256Digest(pixels)
        else { throw Self.brokenReply }
        return (sha256, PixelDigest(size: size, sha256: pixels))
    }

    public func read(sidecar: FilePath) async throws -> WrittenMarks {
        let (reply, _, _) = try await exchange(.readSidecar, file: sidecar, isUrgent: true)
        guard case .sidecar(let marks) = reply else { throw Self.brokenReply }
        return marks
    }

    public func identifier(film: FilePath) async throws -> String? {
        let (reply, _, _) = try await exchange(.identifyFilm, file: film, isUrgent: false)
        guard case .film(let identifier) = reply, identifier.map(Film.isIdentifier) ?? true else {
            throw Self.brokenReply
        }
        return identifier
    }

    public func text(
        of marks: WrittenMarks, edited: EditedMarks, in sidecar: FilePath?, keepsPosition: Bool
    ) async throws -> [UInt8] {
        let (reply, payload, _) = try await exchange(
            .writeSidecar(marks, edited: edited, keepsPosition: keepsPosition), file: sidecar, isUrgent: true)
        guard case .sidecarText = reply, !payload.isEmpty else { throw Self.brokenReply }
        return payload
    }

    public func positionErasure(_ file: FilePath) async throws -> [BytePatch] {
        let (reply, payload, _) = try await exchange(.erasePosition, file: file, isUrgent: false)
        guard case .erasure(let headers) = reply,
            headers.allSatisfy({ $0.offset >= 0 && $0.byteCount >= 0 && $0.byteCount <= payload.count }),
            headers.reduce(0, { $0 + $1.byteCount }) == payload.count
        else { throw Self.brokenReply }
        var offset = 0
        return headers.map { header in
            defer { offset += header.byteCount }
            return BytePatch(offset: header.offset, bytes: Array(payload[offset..<offset + header.byteCount]))
        }
    }

    /// Starts a decoder, or asks a warm one, what it is and how it is confined.
    public func examine() async throws -> DecoderExamination {
        let (reply, _, process) = try await exchange(.describe, file: nil, isUrgent: true)
        guard case .described(let description) = reply else { throw Self.brokenReply }
        return DecoderExamination(description: description, seccompMode: process.seccompMode)
    }

    private static let brokenReply = EngineError(.decoderCrashed, "the decoder gave an answer that makes no sense")

    private func exchange(
        _ task: DecoderRequest.Task, file: FilePath?, isUrgent: Bool
    ) async throws -> (DecoderReply, [UInt8], DecoderProcess) {
        let idle = try await slots.take(isUrgent: isUrgent)
        let current = CurrentProcess()
        var survivor: DecoderProcess?
        defer { slots.giveBack(survivor) }
        let request = DecoderRequest(task: task, limits: limits)
        let (process, reply, payload): (DecoderProcess, DecoderReply, [UInt8])
        do {
            (process, reply, payload) = try await withTaskCancellationHandler {
                try await queue.run { [executable] in
                    let descriptor = try file.map(Self.open) ?? -1
                    defer { if descriptor >= 0 { Glibc.close(descriptor) } }
                    // One that died while it was idle is no fault of this picture's.
                    let warm = idle.flatMap { $0.hasEnded ? nil : $0 }
                    let process = try warm ?? DecoderProcess(executable: executable())
                    try current.set(process)
                    if warm == nil { try process.requireFit(request.limits) }
                    let (reply, payload) = try process.exchange(request, file: descriptor)
                    return (process, reply, payload)
                }
            } onCancel: {
                current.cancel()
            }
        } catch {
            // A photo that couldn't even be opened leaves the warm decoder as it was.
            if !current.wasUsed { survivor = idle }
            throw error
        }
        survivor = process
        if case .failed(let code, let whatHappened) = reply {
            throw EngineError(code, displayEscaped(whatHappened))
        }
        return (reply, payload, process)
    }

    /// Opens a regular file to read, without waiting for a FIFO's writer.
    static func open(_ file: FilePath) throws -> Int32 {
        let descriptor = file.withPlatformString { Glibc.open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) }
        guard descriptor >= 0 else { throw EngineError(Errno(rawValue: errno), doing: "opening the photo") }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            Glibc.close(descriptor)
            throw EngineError(.invalidInput, "not a regular file")
        }
        return descriptor
    }
}

/// The decoder that serves one request, so that its cancellation reaches it whenever it comes.
private final class CurrentProcess: @unchecked Sendable {
    // SAFETY: both variables are guarded by `lock`.
    private let lock = NSLock()
    private var process: DecoderProcess?
    private var isCancelled = false

    func set(_ process: DecoderProcess) throws {
        try lock.withLock {
            if isCancelled { throw CancellationError() }
            self.process = process
        }
    }

    /// Whether a request may have reached the process.
    var wasUsed: Bool { lock.withLock { process != nil } }

    func cancel() {
        lock.withLock {
            isCancelled = true
            process?.kill()
        }
    }
}
