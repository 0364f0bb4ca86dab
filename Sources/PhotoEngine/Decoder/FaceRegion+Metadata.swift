import Core

extension FaceRegion {
    /// The faces in exiv2's tags: regions of the Metadata Working Group, then Microsoft's people tags.
    static func regions(in tags: MetadataTags) -> [FaceRegion] {
        Array((mwg(tags) + microsoft(tags)).prefix(most))
    }

    /// Regions that are no faces, each as the paths below it and what stands there, structures before what is in them.
    static func otherRegions(in tags: MetadataTags) -> [[(path: String, value: String)]] {
        let list = mwgRoot + "RegionList"
        var others: [Int: [(path: String, value: String)]] = [:]
        for (key, values) in tags.values where key.hasPrefix(list + "[") {
            let rest = key.dropFirst(list.utf8.count + 1)
            guard let end = rest.firstIndex(of: "]"), let number = Int(rest[..<end]), number <= 10 * most,
                let value = values.first
            else { continue }
            others[number, default: []].append((String(rest[rest.index(after: end)...]), value))
        }
        return others.sorted { $0.key < $1.key }.map(\.value).filter { item in
            item.contains { $0.path == "/mwg-rs:Type" && $0.value != "Face" }
        }.prefix(most).map { $0.sorted { $0.path < $1.path } }
    }

    /// What lies below `list`, by the number of the item: `list[1]/…`, without what precedes the path's last part.
    private static func items(of list: String, in tags: MetadataTags) -> [[String: String]] {
        var items: [Int: [String: String]] = [:]
        for (key, values) in tags.values where key.hasPrefix(list + "[") {
            let rest = key.dropFirst(list.utf8.count + 1)
            guard let end = rest.firstIndex(of: "]"), let number = Int(rest[..<end]), number <= 10 * most,
                let name = rest.split(separator: "/").last, let value = values.first
            else { continue }
            items[number, default: [:]][String(name)] = value
        }
        return items.sorted { $0.key < $1.key }.map(\.value)
    }

    private static let mwgRoot = "Xmp.mwg-rs.Regions/mwg-rs:"

    /// Areas are told by their middle (Guidelines for Handling Image Metadata 2.0, 5.9).
    private static func mwg(_ tags: MetadataTags) -> [FaceRegion] {
        let root = mwgRoot
        func length(_ name: String) -> Int? {
            tags.integer(root + "AppliedToDimensions/stDim:" + name).flatMap { (1...1_000_000).contains($0) ? $0 : nil }
        }
        let dimensions = length("w").flatMap { width in length("h").map { PixelSize(width: width, height: $0) } }
        return items(of: root + "RegionList", in: tags).compactMap { item in
            // Pets, bar codes and focus points are no faces.
            guard item["mwg-rs:Type"].map({ $0 == "Face" }) ?? true,
                let x = item.number("stArea:x"), let y = item.number("stArea:y"),
                var width = item.number("stArea:w") ?? item.number("stArea:d"),
                var height = item.number("stArea:h") ?? item.number("stArea:d")
            else { return nil }
            var (left, top) = (x - width / 2, y - height / 2)
            if item["stArea:unit"] == "pixel" {
                guard let dimensions else { return nil }
                (left, width) = (left / Double(dimensions.width), width / Double(dimensions.width))
                (top, height) = (top / Double(dimensions.height), height / Double(dimensions.height))
            }
            return region(left, top, width, height, item["mwg-rs:Name"], .mwg, dimensions)
        }
    }

    /// `x, y, width, height` in one text.
    private static func microsoft(_ tags: MetadataTags) -> [FaceRegion] {
        items(of: "Xmp.MP.RegionInfo/MPRI:Regions", in: tags).compactMap { item in
            let numbers = (item["MPReg:Rectangle"] ?? "").split(separator: ",").map { number(String($0)) }
            guard numbers.count == 4, let x = numbers[0], let y = numbers[1], let width = numbers[2],
                let height = numbers[3]
            else { return nil }
            return region(x, y, width, height, item["MPReg:PersonDisplayName"], .microsoft, nil)
        }
    }

    private static func region(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ name: String?, _ source: Face.Source,
        _ dimensions: PixelSize?
    ) -> FaceRegion? {
        guard let box = PictureRegion(x: x, y: y, width: width, height: height).clamped else { return nil }
        return FaceRegion(
            box: box, name: name?.withoutBlanks, source: source, dimensions: dimensions)
    }

    fileprivate static func number(_ text: String) -> Double? {
        text.withoutBlanks.flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil }
    }
}

extension [String: String] {
    fileprivate func number(_ name: String) -> Double? { self[name].flatMap(FaceRegion.number) }
}
