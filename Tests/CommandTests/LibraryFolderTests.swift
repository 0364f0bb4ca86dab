import Foundation
import Glibc
import Testing

@Suite("The library's folder")
struct LibraryFolderTests {
    /// A folder in which nobody who runs this test can make another: root is held back by the kernel's own.
    private func forbidden(in folder: TestFolder) throws -> String {
        guard getuid() != 0 else { return "/sys" }
        let path = folder.path + "/forbidden"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o555])
        return path
    }

    @Test("One that can't be made is an error in words, with the reason and a way out, and nothing is left behind")
    func impossible() async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        try photos.write(TestPicture.png(seed: 1), as: "a.png")
        try home.write(Data("in the way".utf8), as: "file")
        try FileManager.default.createSymbolicLink(
            atPath: home.path + "/nowhere", withDestinationPath: home.path + "/absent")
        let cases = [
            ("/proc/x", "No such file or directory", "--library"),
            (home.path + "/file", "is not a folder", "--library"),
            (home.path + "/file/below/it", "not a folder", "--library"),
            (home.path + "/nowhere", "is not a folder", "--library"),
            (try forbidden(in: home) + "/library", "making the library's folder", "change the permissions"),
        ]
        for (folder, reason, advice) in cases {
            for arguments in [["import", photos.path], [photos.path]] {
                let result = try await Program(home: home).run(["--library", folder] + arguments)
                #expect(result.exitCode == 1, "\(folder)")
                #expect(result.complaints.hasPrefix("phototui: "), "\(result.complaints)")
                #expect(result.complaints.contains(reason), "\(result.complaints)")
                #expect(result.complaints.contains(advice), "\(result.complaints)")
                #expect(!result.complaints.contains("Domain"), "\(result.complaints)")
                #expect(result.complaints.split(separator: "\n").count == 1)
                #expect(result.output.isEmpty)
            }
            let asked = try await Program(home: home).run(["--library", folder, "months"])
            #expect(asked.exitCode == 1)
            #expect(asked.complaints.contains("there is no library"), "\(asked.complaints)")
        }
        #expect(
            try Set(FileManager.default.contentsOfDirectory(atPath: home.path)).subtracting(["forbidden"]) == [
                "file", "nowhere",
            ])
    }

    @Test(
        "One that is made is its owner's alone; folders above it follow the umask, and one that was there stays as it is"
    )
    func modes() async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        try photos.write(TestPicture.png(seed: 1), as: "a.png")
        let made = try await Program(home: home).shell(
            "umask 027; phototui import --library a/b/library \(photos.path) > /dev/null; stat -c %a a a/b a/b/library",
            in: home)
        #expect(made.text == "750\n750\n700\n", "\(made.complaints)")
        let kept = try await Program(home: home).shell(
            "mkdir -m 755 mine; phototui import --library mine \(photos.path) > /dev/null; stat -c %a mine", in: home)
        #expect(kept.text == "755\n", "\(kept.complaints)")
    }

    @Test("A name that is not UTF-8 is refused before anything is made")
    func oddName() async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        try photos.write(TestPicture.png(seed: 1), as: "a.png")
        let result = try await Program(home: home).shell(
            "phototui import --library $'odd\\xff' \(photos.path)", in: home)
        #expect(result.exitCode == 1)
        #expect(result.complaints.contains("not UTF-8"), "\(result.complaints)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: home.path).isEmpty)
    }
}
