import Core
import Foundation
import SystemPackage
import Testing

@testable import Workflows

@Suite("The desktop's trash")
struct DesktopTrashTests {
    private static let longest = String(repeating: "a", count: 251) + ".jpg"

    @Test(
        "A file of any name is moved there whole, with a note of where it was, beside others of its name",
        arguments: ["photo.jpg", "100% [Trash Info]\nPath=x.jpg", "\u{1b}[31mred.jpg", ".hidden", "ü ß.jpg", longest])
    func anyName(_ name: String) throws {
        let folder = "/tmp/phototui-trash-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder + "/photos", withIntermediateDirectories: true)
        let trash = DesktopTrash(environment: ["XDG_DATA_HOME": folder + "/data"])
        let path = folder + "/photos/" + name
        for content in ["one", "two"] {
            try Data(content.utf8).write(to: URL(fileURLWithPath: path))
            try trash.move(FilePath(path))
            #expect(!FileManager.default.fileExists(atPath: path))
        }
        let kept = try FileManager.default.contentsOfDirectory(atPath: folder + "/data/Trash/files")
        let contents = try kept.map { try String(contentsOfFile: folder + "/data/Trash/files/\($0)", encoding: .utf8) }
        #expect(contents.sorted() == ["one", "two"])
        for name in kept {
            let note = try String(contentsOfFile: folder + "/data/Trash/info/\(name).trashinfo", encoding: .utf8)
            let lines = note.split(separator: "\n")
            #expect(lines.count == 3 && lines[0] == "[Trash Info]" && lines[2].hasPrefix("DeletionDate=2"))
            #expect(lines[1].dropFirst("Path=".count).removingPercentEncoding == path)
        }
    }
}
