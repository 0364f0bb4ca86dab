import Core
import Testing

@Suite("MediaType sniffing")
struct MediaTypeSniffingTests {
    @Test(
        "A signature tells the format",
        arguments: [
            ([0xFF, 0xD8, 0xFF, 0xE0], MediaType.jpeg), (Array("GIF89a..".utf8), .gif),
            (Array("RIFF1234WEBPVP8 ".utf8), .webp), ([0xFF, 0x0A, 0x00], .jxl),
            ([0, 0, 0, 24] + Array("ftypavif\0\0\0\0mif1miaf".utf8), .avif),
            ([0, 0, 0, 24] + Array("ftypmif1\0\0\0\0mif1avif".utf8), .avif),
            ([0, 0, 0, 24] + Array("ftypmif1\0\0\0\0mif1heic".utf8), .heic),
            ([0, 0, 0, 24] + Array("ftypcrx \0\0\0\0crx isom".utf8), .raw),
            (Array("II*\0".utf8) + [16, 0, 0, 0] + Array("CR".utf8) + [2, 0], .raw),
            (Array("FUJIFILMCCD-RAW 0201".utf8), .raw),
        ] as [([UInt8], MediaType)])
    func signatures(bytes: [UInt8], type: MediaType) {
        #expect(MediaType(sniffing: bytes) == type)
    }

    @Test("What is not a picture has no type, however short")
    func nothing() {
        #expect(MediaType(sniffing: []) == nil)
        #expect(MediaType(sniffing: [0xFF, 0xD8]) == nil)
        #expect(MediaType(sniffing: Array("RIFF1234WAVEfmt ".utf8)) == nil)
        #expect(MediaType(sniffing: Array("<svg xmlns='http://www.w3.org/2000/svg'/>".utf8)) == nil)
        #expect(MediaType(sniffing: [0, 0, 0, 24] + Array("ftypmp42\0\0\0\0mp42isom".utf8)) == nil)
    }

    @Test("A TIFF with a DNG version or a camera's reduced picture is a raw")
    func tiffFamily() {
        func tiff(_ entries: [(tag: UInt8, tagHigh: UInt8, value: UInt16)]) -> [UInt8] {
            var bytes: [UInt8] = [0x49, 0x49, 0x2A, 0, 8, 0, 0, 0, UInt8(entries.count), 0]
            for entry in entries {
                bytes += [
                    entry.tag, entry.tagHigh, 3, 0, 1, 0, 0, 0, UInt8(entry.value & 255), UInt8(entry.value >> 8),
                ]
                bytes += [0, 0]
            }
            return bytes
        }
        #expect(MediaType(sniffing: tiff([(0x03, 0x01, 1)])) == .tiff)
        #expect(MediaType(sniffing: tiff([(0x12, 0xC6, 1)])) == .raw)
        #expect(MediaType(sniffing: tiff([(0xFE, 0x00, 1), (0x0F, 0x01, 1)])) == .raw)
        #expect(MediaType(sniffing: tiff([(0xFE, 0x00, 0), (0x0F, 0x01, 1)])) == .tiff)
        #expect(MediaType(sniffing: [0x4D, 0x4D, 0, 0x2A, 0xFF, 0xFF, 0xFF, 0xFF]) == .tiff)
    }
}
