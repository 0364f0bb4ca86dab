import Core
import Digest
import Foundation
import Programs
import Testing

@Suite("The digests of a file's parts")
struct PartHasherTests {
    @Test(
        "They are sha256sum's of what split cuts, however the bytes arrive",
        arguments: [(0, 1), (1, 1), (10_000, 4096), (8192, 4096), (10_000, 10_000), (10_000, 20_000)])
    func agree(count: Int, step: Int) async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "parts-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max) }
        try Data(bytes).write(to: file)
        var hasher = PartHasher(partByteCount: Int64(step))
        var offset = 0
        while offset < count {
            let next = min(count, offset + Int.random(in: 1...(2 * step)))
            bytes[offset..<next].withUnsafeBytes { hasher.update($0) }
            offset = next
        }
        let parts = hasher.finish()
        #expect(parts.byteCount == Int64(count))
        let split = Process()
        split.executableURL = URL(fileURLWithPath: "/usr/bin/split")
        split.arguments = ["--bytes=\(step)", "--filter=sha256sum | cut -c1-64", file.path]
        let output = Pipe()
        split.standardOutput = output
        try await split.runToEnd()
        let lines = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(parts.digests.map(\.description) == lines.split(separator: "\n").map(String.init))
    }
}
