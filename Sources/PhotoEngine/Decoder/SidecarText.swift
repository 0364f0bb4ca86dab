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

    /// The sidecar's new bytes; `old` are those it has now, if there is one.
    static func written(_ marks: WrittenMarks, over old: FileBytes?) throws -> [UInt8] {
        let changes = changes(marks, over: try old.map(tags) ?? MetadataTags())
        // SAFETY: the copies live until they are freed below, behind the call.
        let texts = changes.map { (strdup($0.key), strdup($0.value)) }
        defer {
            for (key, value) in texts {
                free(key)
                free(value)
            }
        }
        let list = zip(changes, texts).map { phototui_xmp_change(kind: $0.kind, key: $1.0, value: $1.1) }
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
    }

    private static func changes(_ marks: WrittenMarks, over old: MetadataTags) -> [Change] {
        func text(_ key: String, _ value: String?) -> Change {
            value.map { Change(kind: PHOTOTUI_XMP_TEXT, key: key, value: $0) }
                ?? Change(kind: PHOTOTUI_XMP_ERASE, key: key)
        }
        var changes = [text("Xmp.xmp.Rating", marks.rating.map { "\($0)" })]
        changes.append(
            marks.caption.map {
                Change(kind: PHOTOTUI_XMP_DEFAULT_LANGUAGE, key: "Xmp.dc.description", value: $0)
            } ?? Change(kind: PHOTOTUI_XMP_ERASE, key: "Xmp.dc.description"))
        if marks.isFavourite {
            changes.append(text("Xmp.digiKam.PickLabel", "3"))
        } else if old.isPicked {
            changes.append(text("Xmp.digiKam.PickLabel", "0"))
        }
        if let position = marks.position { changes += place(position) }
        changes += words(marks.keywords)
        if !marks.faces.isEmpty { changes += regions(marks.faces, over: old) }
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

    /// Flat, and as paths in the words of digiKam and of Lightroom.
    private static func words(_ words: [String]) -> [Change] {
        let lists = ["Xmp.dc.subject", "Xmp.digiKam.TagsList", "Xmp.lr.hierarchicalSubject"]
        var changes = lists.map { Change(kind: PHOTOTUI_XMP_ERASE, key: $0) }
        var flat: Set<String> = []
        for word in words {
            let path = word.split(separator: "/").map(String.init)
            let isPath = path.joined(separator: "/") == word
            let leaf = isPath ? path.last ?? word : word
            if flat.insert(leaf).inserted {
                changes.append(Change(kind: PHOTOTUI_XMP_BAG_ITEM, key: lists[0], value: leaf))
            }
            guard isPath else { continue }
            changes.append(Change(kind: PHOTOTUI_XMP_SEQUENCE_ITEM, key: lists[1], value: word))
            if !word.contains("|") {
                changes.append(
                    Change(kind: PHOTOTUI_XMP_BAG_ITEM, key: lists[2], value: path.joined(separator: "|")))
            }
        }
        return changes
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
