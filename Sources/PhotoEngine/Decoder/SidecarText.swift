import CMetadata
import Core
import Glibc

/// Writes what a photo's marks are into a sidecar, as digiKam, darktable, Lightroom and exiftool read it.
enum SidecarText {
    /// More than any program writes.
    static let mostBytes = 16 << 20

    /// Throws `.corrupt` for what is no XMP.
    static func tags(of bytes: FileBytes) throws -> MetadataTags {
        try MetadataReader.collectOrThrow { context, error, capacity in
            phototui_metadata_read_sidecar(
                bytes.buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.buffer.count, visitTag, context,
                error, capacity)
        }
    }

    /// The sidecar's new bytes; `old` are those it has now, if there is one, and stay where it says all that already. What it says
    /// is only replaced or erased where that was `edited`: of what another program wrote, we may hold a part or nothing.
    static func written(_ marks: WrittenMarks, edited: EditedMarks, over old: FileBytes?) throws -> [UInt8] {
        let changes = changes(marks, edited, over: try old.map(tags) ?? MetadataTags())
        if let old, changes.isEmpty { return Array(old.buffer) }
        // SAFETY: the copies live until they are freed below, behind the call.
        let texts = changes.map { (strdup($0.key), strdup($0.value)) }
        defer {
            for (key, value) in texts {
                free(key)
                free(value)
            }
        }
        let list = zip(changes, texts).map {
            phototui_xmp_change(kind: $0.kind, key: $1.0, value: $1.1, unless_there: $0.unlessThere)
        }
        let written = try MetadataReader.collectOrThrow { context, error, capacity in
            phototui_metadata_change_sidecar(
                old?.buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), old?.buffer.count ?? 0, list, list.count,
                visitTag, context, error, capacity)
        }
        return Array((written.values[""]?.first ?? "").utf8)
    }

    private struct Change {
        let kind: phototui_xmp_change_kind
        let key: String
        var value = ""
        var unlessThere = false
    }

    private static func changes(_ marks: WrittenMarks, _ edited: EditedMarks, over old: MetadataTags) -> [Change] {
        let said = WrittenMarks(old)
        var changes: [Change] = []
        func set(_ mark: PhotoMark, _ kind: phototui_xmp_change_kind, _ key: String, _ value: String?, said: Bool) {
            let isEdited = edited.marks.contains(mark)
            if let value {
                changes.append(Change(kind: kind, key: key, value: value, unlessThere: !isEdited))
            } else if isEdited, said {
                changes.append(Change(kind: PHOTOTUI_XMP_ERASE, key: key))
            }
        }
        if marks.rating != said.rating {
            set(
                .rating, PHOTOTUI_XMP_TEXT, "Xmp.xmp.Rating", marks.rating.map { "\($0)" }, said: said.rating != nil)
        }
        if marks.caption != said.caption {
            set(
                .caption, PHOTOTUI_XMP_DEFAULT_LANGUAGE, "Xmp.dc.description", marks.caption,
                said: said.caption != nil)
        }
        if marks.isFavourite != said.isFavourite, marks.isFavourite || edited.marks.contains(.favourite) {
            set(.favourite, PHOTOTUI_XMP_TEXT, "Xmp.digiKam.PickLabel", marks.isFavourite ? "3" : "0", said: true)
        }
        let isPlaced = ["Xmp.exif.GPSLatitude", "Xmp.exif.GPSLongitude"].contains { old.values[$0] != nil }
        if let position = marks.position, position != said.position, !isPlaced || edited.marks.contains(.position) {
            changes += place(position)
        }
        changes += words(marks.keywords, without: edited.words, over: old)
        if marks.faces.contains(where: { !$0.isTold(in: said.faces) }) { changes += regions(marks.faces, over: old) }
        return changes
    }

    /// `51,30.5N` (XMP part 2, GPSCoordinate).
    private static func place(_ position: GeoPosition) -> [Change] {
        func coordinate(_ degrees: Double, _ positive: String, _ negative: String) -> String {
            // In ten millionths of a minute: a hundredth of a millimetre.
            let units = Int((degrees.magnitude * 60 * 1e7).rounded())
            let (whole, rest) = (units / 600_000_000, units % 600_000_000)
            let fraction = String(rest % 10_000_000)
            let padding = String(repeating: "0", count: 7 - fraction.utf8.count)
            return "\(whole),\(rest / 10_000_000).\(padding)\(fraction)\(degrees < 0 ? negative : positive)"
        }
        var changes = [
            Change(
                kind: PHOTOTUI_XMP_TEXT, key: "Xmp.exif.GPSLatitude", value: coordinate(position.latitude, "N", "S")),
            Change(
                kind: PHOTOTUI_XMP_TEXT, key: "Xmp.exif.GPSLongitude", value: coordinate(position.longitude, "E", "W")),
        ]
        guard let altitude = position.altitude, altitude.magnitude < 1e9 else { return changes }
        let millimetres = Int((altitude.magnitude * 1000).rounded())
        changes.append(Change(kind: PHOTOTUI_XMP_TEXT, key: "Xmp.exif.GPSAltitude", value: "\(millimetres)/1000"))
        changes.append(
            Change(kind: PHOTOTUI_XMP_TEXT, key: "Xmp.exif.GPSAltitudeRef", value: altitude < 0 ? "1" : "0"))
        return changes
    }

    /// Flat, and as paths in the words of digiKam and of Lightroom: a program reads one of the lists, so that each has to have all.
    private static func words(_ words: [String], without gone: [String], over old: MetadataTags) -> [Change] {
        let lists = ["Xmp.dc.subject", "Xmp.digiKam.TagsList", "Xmp.lr.hierarchicalSubject"]
        let said = old.keywords
        // One that was read in part can't be told anew in another, and may have what goes behind what was read.
        let isInPart = lists.contains { old.values[$0]?.count ?? 0 >= MetadataTags.mostItems }
        let removed = (isInPart ? gone : said.filter(gone.contains)).filter { !words.contains($0) }
        guard !removed.isEmpty || words.contains(where: { !said.contains($0) }) else { return [] }
        var changes: [Change] = []
        func change(_ kind: phototui_xmp_change_kind, _ list: Int, _ value: String) {
            if isInPart, old.values[lists[list]] == nil { return }
            changes.append(Change(kind: kind, key: lists[list], value: value))
        }
        let kept = (said + words.filter { !said.contains($0) }).filter { !removed.contains($0) }.map(Word.init)
        let leaves = Set(kept.map(\.leaf))
        for word in removed.map(Word.init) {
            if !leaves.contains(word.leaf) { change(PHOTOTUI_XMP_NO_ITEM, 0, word.leaf) }
            change(PHOTOTUI_XMP_NO_ITEM, 1, word.text)
            change(PHOTOTUI_XMP_NO_ITEM, 2, word.levels.joined(separator: "|"))
        }
        for word in kept {
            change(PHOTOTUI_XMP_BAG_ITEM, 0, word.leaf)
            guard word.isPath else { continue }
            change(PHOTOTUI_XMP_SEQUENCE_ITEM, 1, word.text)
            if !word.text.contains("|") { change(PHOTOTUI_XMP_BAG_ITEM, 2, word.levels.joined(separator: "|")) }
        }
        return changes
    }

    /// A keyword, and as a path of such where it is one.
    private struct Word {
        let text: String
        let levels: [String]

        init(_ text: String) {
            self.text = text
            levels = text.split(separator: "/").map(String.init)
        }

        var isPath: Bool { levels.joined(separator: "/") == text }
        var leaf: String { isPath ? levels.last ?? text : text }
    }

    /// The faces in place of those that were told; regions of other kinds, as pets, stay in front of them.
    private static func regions(_ faces: [FaceRegion], over old: MetadataTags) -> [Change] {
        let root = "Xmp.mwg-rs.Regions"
        let list = root + "/mwg-rs:RegionList"
        var changes = [
            Change(kind: PHOTOTUI_XMP_ERASE, key: root), Change(kind: PHOTOTUI_XMP_STRUCTURE, key: root),
        ]
        func add(_ key: String, _ value: String) {
            changes.append(
                Change(
                    kind: value == "type=\"Struct\"" ? PHOTOTUI_XMP_STRUCTURE : PHOTOTUI_XMP_TEXT, key: key,
                    value: value))
        }
        if let size = faces.lazy.compactMap(\.dimensions).first {
            let dimensions = root + "/mwg-rs:AppliedToDimensions"
            add(dimensions, "type=\"Struct\"")
            add(dimensions + "/stDim:w", "\(size.width)")
            add(dimensions + "/stDim:h", "\(size.height)")
            add(dimensions + "/stDim:unit", "pixel")
        }
        changes.append(Change(kind: PHOTOTUI_XMP_BAG, key: list))
        var number = 0
        for item in FaceRegion.otherRegions(in: old) {
            number += 1
            for (path, value) in item { add("\(list)[\(number)]\(path)", value) }
        }
        for face in faces {
            number += 1
            let item = "\(list)[\(number)]"
            add(item, "type=\"Struct\"")
            add(item + "/mwg-rs:Type", "Face")
            if let name = face.name { add(item + "/mwg-rs:Name", name) }
            let area = item + "/mwg-rs:Area"
            add(area, "type=\"Struct\"")
            for (name, value) in [
                ("x", face.box.x + face.box.width / 2), ("y", face.box.y + face.box.height / 2),
                ("w", face.box.width), ("h", face.box.height),
            ] {
                add("\(area)/stArea:\(name)", "\((value * 1e7).rounded() / 1e7)")
            }
            add(area + "/stArea:unit", "normalized")
        }
        return changes
    }
}

extension FaceRegion {
    /// Whether one of these is at the same place and of the same person; the catalogue keeps boxes turned, and so not to the last bit.
    fileprivate func isTold(in others: [FaceRegion]) -> Bool {
        others.contains { other in
            other.name == name
                && zip(
                    [box.x, box.y, box.width, box.height],
                    [other.box.x, other.box.y, other.box.width, other.box.height]
                ).allSatisfy { abs($0 - $1) < 1e-6 }
        }
    }
}
