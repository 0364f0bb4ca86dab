import Grid

extension ImageScreen {
    /// Sends what of a grid's pictures may go now, in the order in which they stand: first those that don't show, then those
    /// that show in their small form.
    mutating func send(
        _ images: [ImageID], from supply: any ImageSupply, _ allowance: Allowance, _ frame: inout Frame
    ) {
        // What can't be had stays symbols, and the others need not wait for it to be refined.
        let images = images.filter { held[$0] != nil || !supply.isLost($0) }
        let missing = images.filter { held[$0] == nil }
        let isRefining = missing.isEmpty && !isPainting(frame.grid, allowance)
        let due = isRefining ? images.filter { held[$0]?.form != form } : missing
        // What has come is placed before the next begins, as nothing may stand among the pieces of an upload.
        let isApart =
            allowance.room != nil && placements.capabilities.keepsUploads && !placements.capabilities.isMadeOfCells
        frame.form = allowance.isSlow && !missing.isEmpty ? coarseForm : form
        let limit = frame.uploads.count + min(uploadLimit, allowance.room ?? uploadLimit)
        // Where the line takes all at once, a picture goes as a whole.
        let pieceLength = allowance.room.map { max(256, $0) } ?? .max
        let pieceLimit = allowance.room == nil ? Int.max : limit
        var isDone = upload == nil || (continueUpload(to: pieceLimit, &frame) && !isApart)
        for image in due where held[image]?.form != frame.form && upload?.image != image {
            guard isDone, frame.uploads.count < limit else {
                frame.hasMore = true
                // Made ready meanwhile.
                frame.wanted.append(image)
                continue
            }
            guard let encoded = supply.image(image, as: frame.form) else {
                frame.wanted.append(image)
                continue
            }
            guard begin(encoded, of: image, pieceLength: pieceLength, &frame) else { continue }
            isDone = continueUpload(to: pieceLimit, &frame) && !isApart
        }
        // The next turn refines what has all come.
        let isComplete = images.allSatisfy { held[$0] != nil }
        let isRefinedNext = !isRefining && isComplete && images.contains { held[$0]?.form != form }
        if upload != nil || isRefinedNext { frame.hasMore = true }
    }

    private mutating func begin(
        _ image: EncodedImage, of id: ImageID, pieceLength: Int, _ frame: inout Frame
    ) -> Bool {
        makeRoom(for: image.width * image.height, &frame.uploads)
        guard let number = takeSlot(isCoarse: frame.form != form, &frame.uploads) else { return false }
        let slot = ImageSlot(number)
        let kept =
            placements.capabilities.keepsUploads
            ? EncodedImage(.file([]), size: image.size, width: image.width, height: image.height) : image
        upload = Upload(
            image: id, held: Held(slot: slot, image: kept, form: frame.form, lastUse: frames),
            pieces: placements.upload(image, as: slot, pieceLength: pieceLength)[...])
        return true
    }

    /// A number for a picture. Cheap ones are for those that stay, and are taken back from the one not seen for longest: of
    /// none that shows, as what is painted may change with them.
    private mutating func takeSlot(isCoarse: Bool, _ uploads: inout [UInt8]) -> UInt32? {
        let cheap = UInt32(placements.capabilities.cheapSlots)
        guard cheap > 0 else { return unused.popLast() }
        if !isCoarse, !unused.contains(where: { $0 <= cheap }),
            let oldest = held.filter({ $0.value.slot.number <= cheap && $0.value.lastUse < frames })
                .min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            uploads += free(oldest.value)
            held[oldest.key] = nil
        }
        guard let number = isCoarse ? unused.max() : unused.min() else { return nil }
        unused.removeAll { $0 == number }
        return number
    }

    /// Whether all of it went: then it shows, in place of what was there of it before.
    private mutating func continueUpload(to limit: Int, _ frame: inout Frame) -> Bool {
        guard var upload else { return true }
        while frame.uploads.count < limit, let piece = upload.pieces.popFirst() { frame.uploads += piece }
        guard upload.pieces.isEmpty else {
            self.upload = upload
            return false
        }
        self.upload = nil
        if let before = held[upload.image] {
            frame.uploads += free(before)
            if placements.capabilities.isMadeOfCells { frame.renewed.insert(upload.image) }
        }
        held[upload.image] = upload.held
        held[upload.image]?.lastUse = frames
        heldPixels += upload.held.pixels
        return true
    }

    /// What ends an upload of which not all was sent.
    mutating func giveUp() -> [UInt8] {
        guard let upload else { return [] }
        self.upload = nil
        unused.append(upload.held.slot.number)
        return placements.abandon(upload.held.slot)
    }

    /// What frees a picture; who holds it forgets it.
    mutating func free(_ entry: Held) -> [UInt8] {
        placed = placed.filter { $0.key.slot != entry.slot }
        unused.append(entry.slot.number)
        heldPixels -= entry.pixels
        return placements.free(entry.slot)
    }

    // MARK: Painted pixels

    /// The cells that may be painted now; nil for all. Those that show their pixels already, or whose pixels move with their
    /// line, aren't counted.
    mutating func choose(_ grid: Grid, _ allowance: Allowance, _ frame: inout Frame) -> [Bool]? {
        guard !placements.capabilities.keepsUploads, let room = allowance.room else { return nil }
        let least = placements.capabilities.leastPaintedCells
        var left = room > 0 ? max(least, Int(Double(room) / bytesPerPaintedCell)) : 0
        let moving = placements.capabilities.scrollsWithText ? Set(painted.compactMap { $0 }) : []
        var chosen = [Bool](repeating: false, count: grid.cells.count)
        for (index, cell) in grid.cells.enumerated() {
            guard let piece = cell.piece, let slot = held[piece.image]?.slot else { continue }
            let wanted = Painted(piece: piece, slot: slot)
            if painted.indices.contains(index), painted[index] == wanted { continue }
            if moving.contains(wanted) {
                chosen[index] = true
            } else if left > 0 {
                chosen[index] = true
                frame.paints = true
                left -= 1
            } else {
                frame.hasMore = true
            }
        }
        return chosen
    }

    /// Whether some cells of pictures that are ready show none of their pixels yet.
    private func isPainting(_ grid: Grid, _ allowance: Allowance) -> Bool {
        guard !placements.capabilities.keepsUploads, allowance.room != nil else { return false }
        return grid.cells.indices.contains { index in
            grid.cells[index].piece.map { held[$0.image] != nil && !isPainted($0, at: index) } ?? false
        }
    }

    /// Whether the cell's pixels show, in whatever form.
    func showsPixels(_ piece: ImagePiece, at index: Int) -> Bool {
        held[piece.image] != nil && (placements.capabilities.keepsUploads || isPainted(piece, at: index))
    }

    func isPainted(_ piece: ImagePiece, at index: Int) -> Bool {
        painted.indices.contains(index) && painted[index]?.piece == piece
    }
}

extension ImageForm {
    /// A form of about a fifth of the bytes.
    var coarse: ImageForm {
        switch format {
        case .png:
            ImageForm(
                format: .png(colors: 64), cellWidth: max(1, cellWidth / 2), cellHeight: max(1, cellHeight / 2),
                background: background)
        case .indexed(let colors):
            // Painted as many pixels as the cells have: fewer colours alone make it smaller.
            ImageForm(
                format: .indexed(colors: min(16, colors)), cellWidth: cellWidth, cellHeight: cellHeight,
                background: background)
        case .pixels:
            ImageForm(
                format: .pixels, cellWidth: max(1, cellWidth / 2), cellHeight: max(1, cellHeight / 2),
                background: background)
        }
    }
}
