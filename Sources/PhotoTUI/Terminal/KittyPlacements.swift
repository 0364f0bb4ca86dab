import Grid

/// The kitty graphics protocol: pictures kept by the terminal, placed by number, or drawn wherever placeholder characters
/// stand (sw.kovidgoyal.net/kitty/graphics-protocol).
struct KittyPlacements: ImagePlacements {
    /// Whether placeholder characters in ordinary cells show the pictures: kitty 0.28, Ghostty.
    let usesPlaceholders: Bool
    /// Whether tmux has to hand the commands on to the terminal around it.
    let isInTmux: Bool
    /// The first slot's number: programs that share a terminal must not free each other's pictures.
    let slots: ClosedRange<UInt32>

    // The protocol's own limit; all pieces but the last have to be a multiple of 4.
    private static let pieceLimit = 4096

    var capabilities: ImageCapabilities {
        ImageCapabilities(
            format: .png(colors: 256), keepsUploads: true, isMadeOfCells: usesPlaceholders,
            survivesClear: usesPlaceholders,
            scrollsWithText: usesPlaceholders, bytesPerPlacement: usesPlaceholders ? 0 : 48)
    }

    func upload(_ image: EncodedImage, as slot: ImageSlot, pieceLength: Int) -> [[UInt8]] {
        guard case .file(let file) = image.content else { return [] }
        let text = Base64.encode(file)
        let length = max(64, min(Self.pieceLimit, pieceLength)) & ~3
        var pieces: [[UInt8]] = []
        var place = 0
        repeat {
            let end = min(text.count, place + length)
            let more = end < text.count ? 1 : 0
            var keys = "m=\(more),q=2"
            if place == 0 {
                // 100 is PNG. A virtual placement (U=1) is what placeholders refer to.
                keys =
                    usesPlaceholders
                    ? "a=T,U=1,f=100,i=\(slot.number),c=\(image.size.columns),r=\(image.size.rows),\(keys)"
                    : "a=t,f=100,i=\(slot.number),\(keys)"
            }
            pieces.append(command(keys, payload: text[place..<end]))
            place = end
        } while place < text.count
        return pieces
    }

    func abandon(_ slot: ImageSlot) -> [UInt8] { endOfUpload + free(slot) }

    /// The last piece of an upload, empty: what has come by then is no picture.
    private var endOfUpload: [UInt8] { command("m=0,q=2") }

    func place(_ placement: ImagePlacement, of image: EncodedImage) -> [UInt8] {
        if usesPlaceholders { return [] }
        let (rect, part) = (placement.rect, placement.part)
        var keys = "a=p,i=\(placement.slot.number),p=\(placement.number),c=\(rect.columns),r=\(rect.rows)"
        if part.size != image.size {
            // In the picture's pixels, which need not be the screen's. What isn't told reaches to the edges.
            let left = part.column * image.width / image.size.columns
            let top = part.row * image.height / image.size.rows
            let right = part.endColumn * image.width / image.size.columns
            let bottom = part.endRow * image.height / image.size.rows
            if left > 0 { keys += ",x=\(left)" }
            if top > 0 { keys += ",y=\(top)" }
            if right < image.width { keys += ",w=\(max(1, right - left))" }
            if bottom < image.height { keys += ",h=\(max(1, bottom - top))" }
        }
        return Array("\u{1b}[\(rect.row + 1);\(rect.column + 1)H".utf8) + command(keys + ",C=1,q=2")
    }

    func remove(_ placement: ImagePlacement) -> [UInt8] {
        usesPlaceholders ? [] : command("a=d,d=i,i=\(placement.slot.number),p=\(placement.number),q=2")
    }

    func free(_ slot: ImageSlot) -> [UInt8] { command("a=d,d=I,i=\(slot.number),q=2") }

    /// What may be half sent; all that is on the screen; then whatever has a number of ours, which terminals before kitty
    /// 0.33 don't know how to free in one go.
    var freeAll: [UInt8] {
        endOfUpload + command("a=d,d=A,q=2") + command("a=d,d=R,x=\(slots.lowerBound),y=\(slots.upperBound),q=2")
    }

    private func command(_ keys: String, payload: ArraySlice<UInt8> = []) -> [UInt8] {
        var bytes = Array("\u{1b}_G\(keys)".utf8)
        if !payload.isEmpty { bytes += Array(";".utf8) + payload }
        bytes += Array("\u{1b}\\".utf8)
        return isInTmux ? Self.wrapped(bytes) : bytes
    }

    /// As tmux hands it on, each escape doubled (tmux(1), allow-passthrough).
    static func wrapped(_ bytes: [UInt8]) -> [UInt8] {
        Array("\u{1b}Ptmux;".utf8) + bytes.flatMap { $0 == 0x1b ? [0x1b, 0x1b] : [$0] } + Array("\u{1b}\\".utf8)
    }
}
