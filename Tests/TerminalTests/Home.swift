import Foundation

/// A home folder with twelve photos, and no library yet; it goes away with its test.
final class Home: Sendable {
    let path: String

    var photos: String { path + "/photos" }
    var library: String { path + "/library" }

    /// Where the build puts its programs: beside this test.
    static let programs: String = {
        let test = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        var folder = URL(fileURLWithPath: test).deletingLastPathComponent()
        while folder.path != "/", !FileManager.default.isExecutableFile(atPath: folder.path + "/phototui") {
            folder.deleteLastPathComponent()
        }
        return folder.path
    }()

    init() throws {
        path = NSTemporaryDirectory() + "/phototui-terminal-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: photos, withIntermediateDirectories: true)
        for shade in 0..<12 as Range<UInt8> { try add("shade\(shade).gif", shade: shade) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A picture of one pixel, whose colour makes its bytes differ.
    func add(_ name: String, shade: UInt8) throws {
        try Data([
            0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 1, 0, 1, 0, 0x80, 0, 0, shade, shade, shade, 0, 0, 0, 0x2C, 0, 0, 0, 0,
            1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B,
        ]).write(to: URL(fileURLWithPath: photos + "/" + name))
    }

    /// A grey picture of soft patches, as an uncompressed TIFF: the same scene for each seed, at any size.
    func addScene(_ name: String, seed: UInt64, width: Int, height: Int) throws {
        var state = seed &* 0xD134_2543_DE82_EF95
        func next() -> Double {
            // SplitMix64.
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return Double((value ^ (value >> 31)) >> 11) / Double(1 << 53)
        }
        let patches = (0..<16).map { _ in (x: next(), y: next(), size: 0.05 + next() * 0.2, light: next() * 240 - 120) }
        let pixels = (0..<width * height).map { index -> UInt8 in
            let (x, y) = (Double(index % width) / Double(width), Double(index / width) / Double(height))
            var light = 128.0
            for patch in patches {
                let distance = (x - patch.x) * (x - patch.x) + (y - patch.y) * (y - patch.y)
                light += patch.light * exp(-distance / (patch.size * patch.size))
            }
            return UInt8(max(0, min(255, light)))
        }
        // TIFF 6.0: tag, type (4 is a number of 32 bits), count, value.
        let fields: [(Int, Int)] = [
            (256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8 + 2 + 9 * 12 + 4), (277, 1),
            (278, height), (279, pixels.count),
        ]
        func bytes(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        var file: [UInt8] = [0x49, 0x49, 42, 0] + bytes(8, 4) + bytes(fields.count, 2)
        for (tag, value) in fields { file += bytes(tag, 2) + bytes(4, 2) + bytes(1, 4) + bytes(value, 4) }
        file += bytes(0, 4) + pixels
        try Data(file).write(to: URL(fileURLWithPath: photos + "/" + name))
    }
}
