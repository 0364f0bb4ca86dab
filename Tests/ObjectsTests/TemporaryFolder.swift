import Foundation
import SystemPackage

/// A folder that is gone with its owner.
final class TemporaryFolder: Sendable {
    let path: FilePath

    init() throws {
        path = FilePath(FileManager.default.temporaryDirectory.path).appending("phototui-\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path.string)
    }

    func contents(_ below: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path.string + "/" + below)
    }
}
