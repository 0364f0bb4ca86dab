import CVips
import Core
import Duplicates

/// A file recognised as a picture, and what of it can be decoded.
struct OpenedPicture {
    let file: FileBytes
    let mediaType: MediaType
    /// The sensor's size of a raw file, whose preview is decoded.
    let sensorSize: PixelSize?
    private let loader: PictureLoader

    /// Throws `.unsupported` when the first bytes are of no known format.
    init(_ file: FileBytes, pixelLimit: Int) throws {
        guard let sniffed = MediaType(sniffing: Array(file.buffer.prefix(4096))) else {
            throw EngineError(.unsupported, "not a picture format that phototui knows")
        }
        var preview: RawPreview?
        if sniffed == .raw || sniffed == .tiff {
            do {
                preview = try RawPreview(file)
            } catch let error where !Self.mayBePlainTIFF(file) {
                throw error
            } catch {
                // Scanners write tags that make a TIFF look raw: libtiff has the last word.
            }
        }
        if sniffed == .raw, preview == nil, !Self.mayBePlainTIFF(file) {
            throw EngineError(.unsupported, "a raw file that is damaged, or of a kind LibRaw does not know")
        }
        self.file = file
        mediaType = preview != nil ? .raw : sniffed == .raw ? .tiff : sniffed
        sensorSize = preview?.sensorSize
        let isHEIF = mediaType == .heic || mediaType == .avif
        let ordered = isHEIF ? HEIFPropertyOrder.corrected(file) : nil
        loader = PictureLoader(bytes: preview?.jpeg ?? ordered ?? file, mediaType: mediaType, pixelLimit: pixelLimit)
    }

    /// A Canon CR2 is a TIFF, too, with "CR" behind the header: what libtiff finds in a damaged one is no picture of it.
    private static func mayBePlainTIFF(_ file: FileBytes) -> Bool {
        let head = Array(file.buffer.prefix(10))
        guard head.starts(with: [0x49, 0x49, 0x2A, 0]) || head.starts(with: [0x4D, 0x4D, 0, 0x2A]) else { return false }
        return head.suffix(2) != Array("CR".utf8)[...]
    }

    /// Whether decoding turns the picture upright by itself.
    var loadsUpright: Bool { loader.loadsUpright }

    func tags() -> MetadataTags {
        var tags = MetadataReader.tags(of: file)
        if tags.values.isEmpty, let picture = try? loader.open(atLeast: nil, isLenient: true).picture {
            tags = MetadataReader.tags(exif: picture.blob("exif-data"), xmp: picture.blob("xmp-data"))
        }
        return tags
    }

    /// The picture decoded once into memory, its longest edge at most `edge`, not yet upright nor in sRGB, with the stored
    /// size. A damaged file is decoded as far as it goes, with the problem in words. Throws `.corrupt` when nothing can be.
    ///
    func reduced(to edge: Int) throws -> ReducedPicture {
        do {
            return try decode(to: edge, problem: nil)
        } catch let strict as EngineError where strict.code == .corrupt {
            let reduced = try decode(to: edge, problem: strict.whatHappened)
            _ = VipsLibrary.takeError()
            return reduced
        }
    }

    private func decode(to edge: Int, problem: String?) throws -> ReducedPicture {
        let (opened, size) = try loader.open(atLeast: edge, isLenient: problem != nil)
        // A raw file's preview tells nothing of it.
        var extent = mediaType == .raw ? [:] : opened.extentTags
        let pictures = mediaType == .jpeg ? JPEGSegment.pictureCount(of: file.buffer) : (whole: 1, added: 0)
        let frames =
            switch mediaType {
            case .jpeg: pictures.whole
            case .png: FrameCount.png(file.buffer)
            case .heic, .avif: FrameCount.sequence(file.buffer)
            default: 1
            }
        if frames > 1 { extent[PictureTag.frames] = "\(frames)" }
        if pictures.added > 0 { extent[PictureTag.added] = "\(pictures.added)" }
        if mediaType == .jpeg, JPEGSegment.hasFilm(behind: file.buffer) { extent[PictureTag.film] = "1" }
        // Of an animation an alpha says that some frame changes only part of the picture. A picture can be read once.
        if vips_image_hasalpha(opened.pointer) != 0, extent[PictureTag.frames] == nil,
            try loader.open(atLeast: edge, isLenient: problem != nil).picture.isTransparent
        {
            extent[PictureTag.alpha] = "1"
        }
        var plain = try opened.plain()
        // libvips' resize moves the pHash of drawings by up to 4 bits, and that of a large JPEG by one now and then.
        let isHashedScaled = loader.shrinksWhileDecoding && edge >= 1024
        if !isHashedScaled { plain = try plain.inMemory() }
        let picture = try plain.scaledInMemory(Double(edge) / Double(plain.longestEdge))
        return ReducedPicture(
            picture: picture, hashed: isHashedScaled ? picture : plain, storedSize: size, extent: extent,
            problem: problem)
    }

    func perceptualHash(_ detail: HashDetail) throws -> PerceptualHash {
        if detail == .coarse, let hash = loader.hashOfLuma(atLeast: 256) { return hash }
        return try reduced(to: detail == .full ? Int(Int32.max) : 1024).hashed.perceptualHash()
    }
}

/// A picture decoded into memory and made smaller.
struct ReducedPicture {
    let picture: VipsPicture
    /// What the pHash is computed on.
    let hashed: VipsPicture
    let storedSize: PixelSize
    /// `PictureTag`s.
    let extent: [String: String]
    /// What is wrong with the file, though it could be decoded.
    let problem: String?
}

extension VipsPicture {
    /// The pHash of 8-bit grey or RGB pixels in memory.
    func perceptualHash() throws -> PerceptualHash {
        try withPixels { pixels in
            bands == 1
                ? PerceptualHashing.hash(grey: pixels, width: width, height: height)
                : PerceptualHashing.hash(rgb: pixels, width: width, height: height)
        }
    }

    func cropped(_ region: PictureRegion) throws -> VipsPicture {
        guard region != .whole else { return self }
        func clamped(_ value: Double, _ limit: Int) -> Int { min(max(Int(value * Double(limit)), 0), limit) }
        let left = min(clamped(region.x, width), width - 1)
        let top = min(clamped(region.y, height), height - 1)
        let cropWidth = max(1, min(clamped(region.width, width), width - left))
        let cropHeight = max(1, min(clamped(region.height, height), height - top))
        return try applying {
            phototui_vips_crop($0, $1, Int32(left), Int32(top), Int32(cropWidth), Int32(cropHeight))
        }
    }

    func asRGB() throws -> VipsPicture {
        bands == 3 ? self : try applying(phototui_vips_to_srgb)
    }
}
