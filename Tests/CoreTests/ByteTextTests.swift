import Core
import SystemPackage
import Testing

@Suite("Text that keeps any bytes")
struct ByteTextTests {
    @Test("Every name comes back to the byte, no two become one, and what is no UTF-8 is shown as it is")
    func roundTrip() {
        var names: [[UInt8]] = [
            [], Array("plain.jpg".utf8), Array("写真🦆.jpg".utf8), [0x62, 0xFF, 0xFE], [0xC3], [0xED, 0xA0, 0x80],
            Array("\u{10FFFF}\u{10FF80}\u{FFFD}".utf8), [0xF4, 0x8F, 0xBF, 0xBF, 0xF4, 0x8F],
        ]
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 { names.append((0..<12).map { _ in UInt8.random(in: 1...255, using: &random) }) }
        for name in names { #expect(ByteText.bytes(ByteText.text(name)) == name) }
        #expect(Set(names.map(ByteText.text)).count == Set(names).count)
        #expect(displayEscaped(ByteText.text([0x62, 0xFF, 0x2E])) == "b\\xff.")
        #expect(displayEscaped(ByteText.text([0x62, 0xFF, 0x2E])) == displayEscaped(bytes: [0x62, 0xFF, 0x2E]))
    }

    @Test("A path is shown to the byte")
    func path() {
        let path = [UInt8]("/a/b".utf8) + [0xFE, 0]
        let named = path.withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: CChar.self) { FilePath(platformString: $0.baseAddress!) }
        }
        #expect(displayEscaped(named) == "/a/b\\xfe")
    }
}
