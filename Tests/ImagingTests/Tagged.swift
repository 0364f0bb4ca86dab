import Foundation
import SystemPackage
import Testing

/// A picture that exiftool wrote tags into; removed with the last reference.
final class Tagged {
    let path: FilePath

    init(_ arguments: [String]) throws {
        path = FilePath(NSTemporaryDirectory() + "/phototui-tagged-\(UUID().uuidString).jpg")
        try FileManager.default.copyItem(
            atPath: try Fixtures.shared()["grey.jpg"].string, toPath: path.string)
        if !arguments.isEmpty { try exiftool(["-q", "-overwrite_original"] + arguments) }
    }

    /// As exiftool reads a document of tags, whose structures keep their form.
    convenience init(tags document: String) throws {
        try self.init([])
        let file = path.string + ".json"
        defer { unlink(file) }
        try Data("[{\"SourceFile\": \"*\", \(document)}]".utf8).write(to: URL(filePath: file))
        try exiftool(["-q", "-overwrite_original", "-struct", "-json=\(file)"])
    }

    @discardableResult
    func exiftool(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["exiftool"] + arguments + [path.string]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    deinit {
        unlink(path.string)
    }
}
