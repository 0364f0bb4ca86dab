import Core
import Foundation
import Testing

@Suite("doctor")
struct DoctorTests {
    /// The checks of `doctor --json` by name, the last of each name.
    private func checks(_ program: Program) async throws -> [String: [String: Any]] {
        let document = try await program.run(["doctor", "--json"]).document()
        let checks = try #require(document["checks"] as? [[String: Any]])
        return Dictionary(checks.map { ($0["name"] as? String ?? "", $0) }) { $1 }
    }

    private func value(_ checks: [String: [String: Any]], _ name: String) throws -> String {
        try #require(checks[name]?["value"] as? String, "\(name)")
    }

    @Test("The libraries' versions are those that their own programs tell")
    func versions() async throws {
        let program = try Program(home: TestFolder())
        let checks = try await checks(program)
        let vips = try await program.shell("vips --version | sed 's/^vips-//'").text
        #expect(vips.hasPrefix(try value(checks, "libvips")), "\(vips)")
        let sqlite = try await program.shell("sqlite3 --version | cut -d ' ' -f 1").text
        #expect(try value(checks, "database") + "\n" == "SQLite " + sqlite)
        for name in ["exiv2", "LibRaw"] { #expect(try value(checks, name).first?.isNumber == true) }
        let text = try await program.run(["doctor"]).text
        for name in ["libvips", "exiv2", "LibRaw", "database", "sandbox", "colours", "instances", "folders"] {
            #expect(text.contains("ok    \(name): \(try value(checks, name))\n"), "\(name): \(text)")
        }
    }

    @Test("The sandbox is proved by a decoder that runs")
    func sandbox() async throws {
        let checks = try await checks(Program(home: TestFolder()))
        #expect(checks["sandbox"]?["status"] as? String == "ok")
        #expect(try value(checks, "sandbox").contains("Seccomp: 2"))
    }

    @Test("A decoder without a sandbox fails the examination, whatever it says of itself")
    func unconfined() async throws {
        let home = try TestFolder()
        try home.write(
            Data(
                #"""
                #!/usr/bin/python3
                import json, socket, struct
                peer = socket.socket(fileno=3)
                answer = json.dumps(
                    {"described": {"_0": {"version": "\#(ProgramVersion.decoder)", "libraries": [], "isRefusedFiles": True}}}
                ).encode()
                while head := peer.recv(8, socket.MSG_WAITALL):
                    peer.recv(struct.unpack("<II", head)[0], socket.MSG_WAITALL)
                    peer.sendall(struct.pack("<II", len(answer), 0) + answer)
                """#.utf8), as: "decoder")
        let program = Program(home: home, ["PHOTOTUI_DECODER": home.path + "/decoder"])
        _ = try await program.shell("chmod 755 ~/decoder")
        let result = try await program.run(["doctor"])
        #expect(result.exitCode == 1)
        #expect(result.text.contains("FAIL  sandbox: no system call filter (Seccomp: 0)"), "\(result.text)")
    }

    @Test("A decoder that does not start is told with its last words")
    func broken() async throws {
        let home = try TestFolder()
        try home.write(Data("#!/bin/sh\necho 'libvips.so.42: no such file' >&2\nexit 127\n".utf8), as: "decoder")
        let program = Program(home: home, ["PHOTOTUI_DECODER": home.path + "/decoder"])
        _ = try await program.shell("chmod 755 ~/decoder")
        let result = try await program.run(["doctor"])
        #expect(result.exitCode == 1)
        #expect(result.text.contains("FAIL  phototui-decoder: \(home.path)/decoder: "), "\(result.text)")
        #expect(result.text.contains("libvips.so.42: no such file"))
    }

    @Test("The folders to watch are counted: those of the library and all below, but for hidden ones and links")
    func folders() async throws {
        let home = try TestFolder()
        let photos = try TestFolder()
        let program = Program(home: home)
        try photos.write(TestPicture.png(seed: 1), as: "a.png")
        let made = try await program.shell(
            "mkdir -p a/b/c $'odd\\xff' .hidden/x && ln -s a link && phototui import . > /dev/null", in: photos)
        #expect(made.exitCode == 0, "\(made.complaints)")
        let folders = try await value(checks(program), "folders")
        #expect(folders.contains("5 needed for 1 watched folder and"), "\(folders)")
        let limit = try String(contentsOfFile: "/proc/sys/fs/inotify/max_user_watches", encoding: .utf8)
        #expect(folders.hasPrefix(limit.trimmingCharacters(in: .whitespacesAndNewlines) + " at most"), "\(folders)")
    }

    @Test(
        "The colours are those that the app will use",
        arguments: [
            (["TERM": "xterm-256color"], "256"),
            (["TERM": "xterm-256color", "COLORTERM": "truecolor"], "24-bit, through the description xterm-direct"),
            (["TERM": "xterm-256color", "PHOTOTUI_GRAPHICS": "16"], "16, as NO_COLOR"),
            (["TERM": "xterm-256color", "NO_COLOR": "1"], "none, as NO_COLOR"),
            (["TERM": "vt100"], "none"),
            (["TERM": "xterm-256color", "LANG": "C"], "256; pictures in ASCII"),
        ])
    func colours(_ environment: [String: String], _ expected: String) async throws {
        let checks = try await checks(Program(home: TestFolder(), environment))
        #expect(try value(checks, "colours").hasPrefix(expected))
        let isPoor = environment["TERM"] == "vt100"
        #expect(checks["colours"]?["status"] as? String == (isPoor ? "warn" : "ok"))
    }
}
