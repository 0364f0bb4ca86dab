import Foundation
import Testing

@Suite("export --gallery")
struct GalleryTests {
    private static let chromium = "/usr/bin/chromium"
    static let hasBrowser =
        FileManager.default.isExecutableFile(atPath: chromium) || ProcessInfo.processInfo.environment["CI"] == "true"

    /// What headless Chromium makes of a page: a line for each picture it has decoded, then one for what was asked of the page.
    private func judged(_ folder: TestFolder, _ page: String, asking script: String) async throws -> [String] {
        try folder.write(
            Data(
                """
                <!DOCTYPE html><meta charset="utf-8"><iframe id="page" width="1400" height="20000" src="\(page)"></iframe><pre id="out"></pre>
                <script>
                document.getElementById("page").onload = event => {
                    const page = event.target.contentDocument, out = document.getElementById("out")
                    const lines = [...page.images].filter(image => image.naturalWidth > 0).map(image =>
                        "decoded " + image.naturalWidth + " " + new URL(image.src).pathname.split("/").pop())
                    lines.push("asked " + (\(script)))
                    out.textContent = lines.join("\\n")
                }
                </script>
                """.utf8), as: "judge.html")
        defer { try? FileManager.default.removeItem(atPath: folder.path + "/judge.html") }
        let program = Program(home: try TestFolder())
        let done = try await program.shell(
            """
            timeout 100 \(Self.chromium) --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
                --allow-file-access-from-files --window-size=1600,20000 --virtual-time-budget=20000 \
                --user-data-dir="$HOME/profile" --dump-dom 'file://\(folder.path)/judge.html'
            """)
        let text = try #require(
            done.text.firstMatch(of: /<pre id="out">([^<]*)<\/pre>/)?.1, "\(done.text) \(done.complaints)")
        return text.split(separator: "\n").map(String.init)
    }

    @Test(
        "A browser without a network shows every picture, titles are text, and nothing tells a place",
        .enabled(if: hasBrowser), .timeLimit(.minutes(5)))
    func shown() async throws {
        let program = Program(home: try TestFolder())
        let photos = try TestFolder()
        for number in 1...4 {
            try photos.write(TestPicture.png(seed: number, width: 400, height: 300), as: "\(number).png")
        }
        let tagged = try await program.shell(
            """
            exiftool -q -overwrite_original -n -EXIF:GPSLatitude=38.7 -EXIF:GPSLatitudeRef=N -EXIF:GPSLongitude=9.1 \
                -EXIF:GPSLongitudeRef=W -IPTC:City=Lisboa . && mv 4.png '<script>document.title=1;alert(1)<!--.png'
            """, in: photos)
        #expect(tagged.exitCode == 0, "\(tagged.complaints)")
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        let hostile = "\"><img src=x onerror=alert(1)> & \u{202E}\u{1B}[2J"
        #expect(try await program.run(["caption", "--text", hostile, photos.path + "/1.png"]).exitCode == 0)
        let out = try TestFolder()
        let title = "</title><script>document.body.remove()</script>"
        let made = try await program.run(["export", "--all", "--gallery", "--to", out.path, "--title", title])
        #expect(made.exitCode == 0, "\(made.complaints)")
        #expect(made.text.contains("4 photos"))

        let html = try String(contentsOfFile: out.path + "/index.html", encoding: .utf8)
        #expect(!html.contains("<script") && !html.contains("\u{1B}") && !html.contains("\u{202E}"))
        #expect(!html.contains("Lisboa") && !html.contains("38.7"))
        let seen = try await judged(
            out, "index.html",
            asking: """
                [page.title, page.scripts.length, page.querySelectorAll("img").length,
                 [...page.images].every(image => image.alt.length > 0),
                 [...page.querySelectorAll("a")].every(link => page.getElementById(link.hash.slice(1))),
                 page.querySelector("h1").textContent].join("|")
                """)
        #expect(seen.count { $0.hasPrefix("decoded 256 ") && $0.hasSuffix("-small.webp") } == 4, "\(seen)")
        #expect(
            seen.last
                == "asked \(title)|0|8|true|true|\(title)".replacing("<", with: "&lt;").replacing(">", with: "&gt;"))
        // The pictures alone on the screen, once each is asked for.
        let alone = try await judged(
            out, "index.html#p2", asking: "getComputedStyle(page.getElementById('p2')).display")
        #expect(alone.contains { $0.hasPrefix("decoded 400 ") && $0.hasSuffix("-large.webp") }, "\(alone)")
        #expect(alone.last == "asked flex")
        let metadata = try await program.shell("exiftool -r -q -q -a -G1 -s '-*gps*' '-*city*' '\(out.path)'")
        #expect(metadata.text == "")

        // A broken picture is not counted: the judge can fail.
        let files = try FileManager.default.contentsOfDirectory(atPath: out.path + "/pictures")
        let small = try #require(files.first { $0.hasSuffix("-small.webp") })
        try Data("no picture".utf8).write(to: URL(filePath: out.path + "/pictures/" + small))
        let broken = try await judged(out, "index.html", asking: "1")
        #expect(broken.count { $0.hasPrefix("decoded 256 ") } == 3)
    }

    @Test("Nothing is written into a folder that the library reads, and a photo's story tells of its galleries")
    func placeAndStory() async throws {
        let program = Program(home: try TestFolder())
        let (photos, out) = (try TestFolder(), try TestFolder())
        for number in 1...2 { try photos.write(TestPicture.png(seed: number), as: "\(number).png") }
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        let linked = try await program.shell("ln -s '\(photos.path)' inside", in: out)
        #expect(linked.exitCode == 0)
        for folder in [photos.path, photos.path + "/new/deep", out.path + "/inside/new"] {
            for more in [[], ["--gallery"], ["--dry-run"]] {
                let refused = try await program.run(["export", "--all", "--to", folder] + more)
                #expect(refused.exitCode == 1 && refused.complaints.contains("lies in"), "\(refused.complaints)")
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: photos.path).sorted() == ["1.png", "2.png"])
        let made = try await program.run(["export", photos.path + "/1.png", "--gallery", "--to", out.path + "/page"])
        #expect(made.exitCode == 0, "\(made.complaints)")
        let why = try await program.run(["why", photos.path + "/1.png"]).text
        #expect(why.contains("exported to \(out.path)/page/pictures/"), "\(why)")
        #expect(try await !program.run(["why", photos.path + "/2.png"]).text.contains("exported"))
    }

    @Test("A gallery is brought up to date in place, and another's page is left alone")
    func again() async throws {
        let program = Program(home: try TestFolder())
        let photos = try TestFolder()
        for number in 1...2 { try photos.write(TestPicture.png(seed: number), as: "\(number).png") }
        #expect(try await program.run(["import", photos.path]).exitCode == 0)
        let out = try TestFolder()
        #expect(try await program.run(["export", "--all", "--gallery", "--to", out.path]).exitCode == 0)
        let second = try await program.run(["export", "--all", "--gallery", "--to", out.path, "--json"]).document()
        #expect(second["present"] as? Int == 2 && second["page"] as? String == out.path + "/index.html")
        #expect(try FileManager.default.contentsOfDirectory(atPath: out.path + "/pictures").count == 4)
        #expect(
            try await program.run(["export", photos.path + "/1.png", "--gallery", "--to", out.path]).exitCode == 0)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: out.path + "/pictures").count == 2,
            "what is not shown goes")
        try out.write(Data("<html>mine".utf8), as: "index.html")
        let refused = try await program.run(["export", "--all", "--gallery", "--to", out.path])
        #expect(refused.exitCode == 1 && refused.complaints.contains("another's"), "\(refused.complaints)")
        #expect(
            try await program.run(["export", "--all", "--gallery", "--to", out.path, "--with-location"]).exitCode == 64)
        let shared = try await program.run(["share", "create", "--all"])
        #expect(shared.exitCode == 1 && shared.complaints.contains("--to"), "\(shared.complaints)")
        let page = try TestFolder()
        #expect(try await program.run(["share", "create", "--all", "--to", page.path]).exitCode == 0)
        #expect(FileManager.default.fileExists(atPath: page.path + "/index.html"))
    }
}
