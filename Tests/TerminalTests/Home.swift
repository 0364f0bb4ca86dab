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
}
