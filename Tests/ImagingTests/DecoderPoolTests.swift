import Core
import Foundation
import Imaging
import SystemPackage
import Testing

/// One at a time: they look for this process's decoders.
@Suite("DecoderPool", .serialized, .enabled(if: Fixtures.isAvailable))
struct DecoderPoolTests {
    @Test("Many requests at once are all answered, each with its own picture")
    func concurrent() async throws {
        let fixtures = try Fixtures.shared()
        let pool = makePool(count: 2)
        let names = ["photo.jpg", "grey.jpg", "colour.png", "alpha.png", "plain.webp"]
        var expected: [String: SHA256Digest] = [:]
        for name in names { expected[name] = try await pool.hash(fixtures[name], detail: .reduced).sha256 }
        try await withThrowingTaskGroup(of: (String, SHA256Digest).self) { group in
            for index in 0..<60 {
                let name = names[index % names.count]
                group.addTask { (name, try await pool.hash(fixtures[name], detail: .reduced).sha256) }
            }
            for try await (name, sha256) in group { #expect(expected[name] == sha256) }
        }
    }

    @Test("A decoder says what it is made of, and the kernel that its sandbox holds")
    func examination() async throws {
        let pool = makePool()
        let examination = try await pool.examine()
        #expect(examination.description.libraries.map(\.name) == ["libvips", "exiv2", "LibRaw", "libarchive"])
        for library in examination.description.libraries {
            #expect(library.version.first?.isNumber == true && library.version.contains("."), "\(library)")
        }
        #expect(examination.description.isRefusedFiles)
        #expect(examination.seccompMode == 2)
        #expect(examination.isConfined)
        // The same decoder goes on with pictures.
        _ = try await pool.hash(try Fixtures.shared()["grey.jpg"], detail: .reduced)
    }

    @Test("A decoder that crashes tells its signal and last words, escaped, and costs no other picture")
    func crash() async throws {
        let decoder = try Script(#"printf 'boom \033]52;c;aGk=\007\n' >&2; kill -SEGV $$"#)
        let error = try await #require(throws: EngineError.self) {
            _ = try await DecoderPool(executable: decoder.path, count: 1)
                .process(try Fixtures.shared()["photo.jpg"], options: ProcessingOptions())
        }
        #expect([.decoderCrashed, .unavailable].contains(error.code))
        #expect(error.whatHappened.contains("boom"))
        #expect(error.whatHappened.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F })
    }

    @Test("A decoder that never answers is ended at the deadline", .timeLimit(.minutes(5)))
    func hang() async throws {
        let decoder = try NamedDecoder()
        let pool = DecoderPool(executable: decoder.path, count: 1, limits: DecoderLimits(wallSeconds: 1))
        let file = try Fixtures.shared()["grey.jpg"]
        _ = try await pool.hash(file, detail: .reduced)
        let own = try decoder.processes()
        try #require(!own.isEmpty)
        for process in own { kill(process, SIGSTOP) }
        let error = await #expect(throws: EngineError.self) { _ = try await pool.hash(file, detail: .reduced) }
        #expect(error?.code == .timedOut)
        for process in own { kill(process, SIGCONT) }
        _ = try await pool.hash(file, detail: .reduced)
    }

    @Test("A decoder that died while idle is replaced, and the next picture is not blamed")
    func diedIdle() async throws {
        let decoder = try NamedDecoder()
        let pool = DecoderPool(executable: decoder.path, count: 1)
        let file = try Fixtures.shared()["grey.jpg"]
        _ = try await pool.hash(file, detail: .reduced)
        let own = try decoder.processes()
        try #require(!own.isEmpty)
        for process in own { kill(process, SIGKILL) }
        try await Task.sleep(for: .milliseconds(100))
        _ = try await pool.hash(file, detail: .reduced)
    }

    @Test("A cancelled request ends at once and leaves a pool that works", .timeLimit(.minutes(5)))
    func cancel() async throws {
        let decoder = try Script("exec sleep 600")
        let stuck = DecoderPool(executable: decoder.path, count: 1)
        let file = try Fixtures.shared()["grey.jpg"]
        let task = Task { try await stuck.hash(file, detail: .reduced) }
        try await Task.sleep(for: .milliseconds(200))
        task.cancel()
        await #expect(throws: (any Error).self) { _ = try await task.value }
        let queued = Task { try await stuck.hash(file, detail: .reduced) }
        queued.cancel()
        await #expect(throws: (any Error).self) { _ = try await queued.value }
    }

    @Test("A request for pixels overtakes every picture that waits to be processed", .timeLimit(.minutes(5)))
    func overtaking() async throws {
        let decoder = try NamedDecoder()
        let pool = DecoderPool(executable: decoder.path, count: 1)
        let file = try Fixtures.shared()["grey.jpg"]
        _ = try await pool.hash(file, detail: .reduced)
        // The only decoder stands still, so that what follows queues behind the first.
        let own = try decoder.processes()
        try #require(own.count == 1)
        for process in own { kill(process, SIGSTOP) }
        let order = await withTaskGroup(of: String.self) { group in
            group.addTask { (try? await pool.hash(file, detail: .reduced)) == nil ? "failed" : "first" }
            try? await Task.sleep(for: .milliseconds(300))
            for _ in 0..<5 {
                group.addTask { (try? await pool.hash(file, detail: .reduced)) == nil ? "failed" : "waiting" }
            }
            try? await Task.sleep(for: .milliseconds(300))
            group.addTask {
                let size = PixelSize(width: 40, height: 40)
                return (try? await pool.pixels(file, region: .whole, fitting: size)) == nil ? "failed" : "pixels"
            }
            try? await Task.sleep(for: .milliseconds(300))
            for process in own { kill(process, SIGCONT) }
            var order: [String] = []
            for await name in group { order.append(name) }
            return order
        }
        #expect(order == ["first", "pixels"] + Array(repeating: "waiting", count: 5))
    }

    @Test("A photo that can't be opened costs no warm decoder")
    func unopened() async throws {
        let decoder = try NamedDecoder()
        let pool = DecoderPool(executable: decoder.path, count: 1)
        let fixtures = try Fixtures.shared()
        _ = try await pool.hash(fixtures["grey.jpg"], detail: .reduced)
        let before = try decoder.processes()
        await #expect(throws: EngineError.self) { _ = try await pool.hash(fixtures["no-such.jpg"], detail: .reduced) }
        _ = try await pool.hash(fixtures["grey.jpg"], detail: .reduced)
        #expect(try decoder.processes() == before)
    }

    @Test("A decoder can open no file, and runs under a system call filter without privileges to gain")
    func sandbox() async throws {
        let decoder = try NamedDecoder()
        let pool = DecoderPool(executable: decoder.path, count: 1)
        _ = try await pool.hash(try Fixtures.shared()["grey.jpg"], detail: .reduced)
        let process = try #require(try decoder.processes().first)
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        #expect(status.contains("Seccomp:\t2\n"))
        #expect(status.contains("NoNewPrivs:\t1\n"))
        let limits = try String(contentsOfFile: "/proc/\(process)/limits", encoding: .utf8)
        #expect(limits.contains(#/Max file size +0 +0 /#))
        #expect(limits.contains(#/Max core file size +0 +0 /#))
        #expect(!limits.contains(#/Max address space +unlimited/#))
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd")
        #expect(open.count <= 6)
        withExtendedLifetime(pool) {}
    }

    @Test("The decoders of a pool end with it")
    func end() async throws {
        let decoder = try NamedDecoder()
        do {
            let pool = DecoderPool(executable: decoder.path, count: 1)
            _ = try await pool.hash(try Fixtures.shared()["grey.jpg"], detail: .reduced)
            #expect(try !decoder.processes().isEmpty)
            pool.close()
        }
        for _ in 0..<100 where try !decoder.processes().isEmpty {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try decoder.processes().isEmpty)
    }

    @Test("A missing decoder is a fault of the installation, with what to do")
    func missing() async throws {
        let pool = DecoderPool(executable: "/nonexistent/phototui-decoder", count: 1)
        let error = try await #require(throws: EngineError.self) {
            _ = try await pool.hash(try Fixtures.shared()["grey.jpg"], detail: .reduced)
        }
        #expect(error.code == .unavailable && error.isRefusalOfUs)
        #expect(error.whatToDo.contains("PHOTOTUI_DECODER"))
    }

    @Test(
        "A decoder of another version is no picture's fault, however it takes what it is asked",
        arguments: [
            // As one that was built before decoders told their version, and as one of a later version.
            (#"answer({"described": {"_0": {"libraries": [], "isRefusedFiles": True}}})"#, "older"),
            (
                #"answer({"described": {"_0": {"version": "9.9.9\u001b[31m", "libraries": [], "isRefusedFiles": True}}})"#,
                #"9.9.9\x1b[31m"#
            ),
            (#"answer({"something": {"else": 1}})"#, "unknown"), ("sys.exit(0)", "unknown"),
        ])
    func otherVersion(answer: String, version: String) async throws {
        let decoder = try Script(
            """
            exec /usr/bin/python3 -c '
            import json, socket, struct, sys
            peer = socket.socket(fileno=3)
            head = peer.recv(8, socket.MSG_WAITALL)
            peer.recv(struct.unpack("<II", head)[0], socket.MSG_WAITALL)
            def answer(what):
                text = json.dumps(what).encode()
                peer.sendall(struct.pack("<II", len(text), 0) + text)
            \(answer)
            peer.recv(1)
            '
            """)
        let pool = DecoderPool(executable: decoder.path, count: 1)
        for _ in 0..<2 {
            let error = try await #require(throws: EngineError.self) {
                _ = try await pool.process(try Fixtures.shared()["photo.jpg"], options: ProcessingOptions())
            }
            #expect(error.code == .unavailable && error.isRefusalOfUs, "\(error)")
            #expect(
                error.whatHappened
                    == "phototui-decoder is of another version (\(version)) than phototui (\(ProgramVersion.decoder))")
            #expect(error.whatHappened.unicodeScalars.allSatisfy { $0.value >= 0x20 })
        }
        let examined = await #expect(throws: EngineError.self) { _ = try await pool.examine() }
        #expect(examined?.code == .unavailable)
    }
}

/// A program that stands in for a decoder; removed with the last reference.
private final class Script {
    let path: FilePath

    init(_ body: String) throws {
        let name = NSTemporaryDirectory() + "/phototui-decoder-\(UUID().uuidString)"
        try Data("#!/bin/sh\n\(body)\n".utf8).write(to: URL(filePath: name))
        try #require(chmod(name, 0o700) == 0)
        path = FilePath(name)
    }

    deinit {
        unlink(path.string)
    }
}
