import Core
import Digest
import Duplicates
import Glibc
import Imaging

/// Answers one request about one open file.
enum RequestHandler {
    static func answer(_ request: DecoderRequest, file: Int32) -> (DecoderReply, [[UInt8]]) {
        defer { if file >= 0 { close(file) } }
        // Whatever a library said of the picture before is not this one's fault.
        _ = VipsLibrary.takeError()
        Sandbox.allowProcessorTime(seconds: request.limits.processorSeconds)
        do {
            func opened() throws -> OpenedPicture {
                let bytes = try FileBytes(descriptor: file, limit: request.limits.fileBytes)
                return try OpenedPicture(bytes, pixelLimit: request.limits.pixels)
            }
            switch request.task {
            case .process(let sizes, let formats, let usesFullHash):
                return try process(opened(), sizes: sizes, formats: formats, usesFullHash: usesFullHash)
            case .hash(let detail):
                let opened = try opened()
                let hash = try opened.perceptualHash(detail)
                return (.hashed(sha256: digest(opened.file).description, perceptualHash: hash.description), [])
            case .pixels(let region, let fitting):
                return try pixels(opened(), region: region, fitting: fitting)
            case .digestPixels: return try digestPixels(opened())
            case .readSidecar:
                let bytes = try FileBytes(descriptor: file, limit: SidecarText.mostBytes)
                return (.sidecar(WrittenMarks(try SidecarText.tags(of: bytes))), [])
            case .identifyFilm: return (.film(identifier: FilmKeys.identifier(descriptor: file)), [])
            case .writeSidecar(let marks, let edited, let keepsPosition):
                let old = file < 0 ? nil : try FileBytes(descriptor: file, limit: SidecarText.mostBytes)
                let text = try SidecarText.written(marks, edited: edited, over: old)
                return (.sidecarText, [keepsPosition ? text : try PositionErasure.erased(sidecar: text)])
            case .erasePosition:
                let bytes = try FileBytes(descriptor: file, limit: request.limits.fileBytes)
                let patches = try PositionErasure.patches(of: bytes)
                return (
                    .erasure(patches.map { PatchHeader(offset: $0.offset, byteCount: $0.bytes.count) }),
                    patches.map(\.bytes)
                )
            case .readArchive:
                throw EngineError(.internal, "an archive is answered in parts")
            case .describe:
                return (.described(DecoderDescription.current), [])
            }
        } catch let error as EngineError {
            return (.failed(code: error.code, whatHappened: error.whatHappened), [])
        } catch {
            return (.failed(code: .internal, whatHappened: "\(error)"), [])
        }
    }

    private static func digest(_ bytes: FileBytes) -> SHA256Digest {
        var hasher = SHA256Hasher()
        hasher.update(bytes.buffer)
        return hasher.finish()
    }

    private static func process(
        _ opened: OpenedPicture, sizes: [Int], formats: [RenditionFormat], usesFullHash: Bool
    ) throws -> (DecoderReply, [[UInt8]]) {
        let tags = opened.tags()
        var metadata = PhotoMetadata(tags)
        let reduced = try opened.reduced(to: sizes.max() ?? RenditionKind.smallSize)
        metadata.tags.merge(reduced.extent) { _, ours in ours }
        let hash = usesFullHash ? try opened.perceptualHash(.full) : try reduced.hashed.perceptualHash()
        let upright = try reduced.picture.inSRGB().upright(opened.loadsUpright ? .upright : metadata.orientation)
        let renditions = try RenditionMaker.renditions(of: upright, sizes: sizes, formats: formats)
        // What the loader turned upright is counted as it was stored.
        let size = opened.loadsUpright ? metadata.orientation.upright(reduced.storedSize) : reduced.storedSize
        let header = ProcessedHeader(
            sha256: digest(opened.file).description, mediaType: opened.mediaType,
            pixelSize: opened.sensorSize ?? size, perceptualHash: hash.description, metadata: metadata,
            faces: FaceRegion.regions(in: tags), isFavourite: tags.isPicked, problem: reduced.problem,
            renditions: renditions.map {
                .init(size: $0.kind.size, format: $0.kind.format, byteCount: $0.data.count)
            })
        return (.processed(header), renditions.map(\.data))
    }

    private static func digestPixels(_ opened: OpenedPicture) throws -> (DecoderReply, [[UInt8]]) {
        let orientation = opened.loadsUpright ? .upright : PhotoMetadata(opened.tags()).orientation
        // No format that is read has a longer edge.
        let reduced = try opened.reduced(to: 1 << 16)
        if let problem = reduced.problem { throw EngineError(.corrupt, problem) }
        let upright = try reduced.picture.inSRGB().upright(orientation).asRGB().inMemory()
        var hasher = SHA256Hasher()
        try upright.withPixels { hasher.update(UnsafeRawBufferPointer($0)) }
        return (
            .pixelsDigested(
                sha256: digest(opened.file).description, PixelSize(width: upright.width, height: upright.height),
                pixels: hasher.finish().description), []
        )
    }

    private static func pixels(
        _ opened: OpenedPicture, region: PictureRegion, fitting: PixelSize
    ) throws -> (DecoderReply, [[UInt8]]) {
        let orientation = opened.loadsUpright ? .upright : PhotoMetadata(opened.tags()).orientation
        // Enough pixels that the region alone fills what is asked for.
        let share = max(min(region.width, region.height), 0.001)
        let edge = Int((Double(max(fitting.width, fitting.height)) / share).rounded(.up))
        let picture = try opened.reduced(to: min(edge, 1 << 16)).picture
        let upright = try picture.inSRGB().upright(orientation)
        let part = try upright.cropped(region)
        let scale = min(
            Double(fitting.width) / Double(part.width), Double(fitting.height) / Double(part.height), 1)
        let scaled = try part.scaled(scale).asRGB().inMemory()
        let bytes = try scaled.withPixels { Array($0) }
        return (.pixels(PixelSize(width: scaled.width, height: scaled.height)), [bytes])
    }
}
