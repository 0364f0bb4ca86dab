import Testing

@testable import Core

@Suite("Values")
struct ValueTests {
    @Test(
        "Byte counts read as storage is sold",
        arguments: [
            (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1049, "1.0 kB"), (1050, "1.1 kB"), (9_949, "9.9 kB"),
            (9_960, "10 kB"), (999_499, "999 kB"), (999_500, "1.0 MB"), (1_500_000_000, "1.5 GB"),
            (2_000_000_000_000, "2.0 TB"), (Int64.max, "9223 PB"), (-1500, "-1.5 kB"), (-500, "-500 B"),
            (Int64.min, "-9223 PB"),
        ] as [(Int64, String)])
    func byteCount(bytes: Int64, text: String) {
        #expect(ByteCount(bytes).description == text)
    }

    @Test("Digests are 64 hex digits of either case, or 32 bytes")
    func digest() throws {
        let hex = "0123456789abcdef" + String(repeating: "f0", count: 24)
        let digest = try #require(SHA256Digest(hex.uppercased()))
        #expect(digest.description == hex)
        #expect(SHA256Digest(bytes: digest.bytes) == digest)
        for wrong in ["", String(hex.dropLast()), String(hex.dropLast(2)), hex + "00", String(hex.dropLast()) + "g"] {
            #expect(SHA256Digest(wrong) == nil)
        }
        #expect(SHA256Digest(bytes: [UInt8](repeating: 0, count: 31)) == nil)
    }

    @Test("A pHash is 16 hex digits, as imagehash prints it")
    func perceptualHash() throws {
        let hash = try #require(PerceptualHash("8f0c71f38e0cb3c3"))
        #expect(hash.description == "8f0c71f38e0cb3c3")
        #expect(PerceptualHash(bits: 1).description == "0000000000000001")
        for wrong in [
            "", "8f0c71f38e0cb3c", "8f0c71f38e0cb3c30", "+f0c71f38e0cb3c3", "8f0c71f38e0cb3cg", "0x0c71f38e0cb3c3",
        ] {
            #expect(PerceptualHash(wrong) == nil)
        }
        #expect(PerceptualHash(bits: 0).distance(to: PerceptualHash(bits: .max)) == 64)
        #expect(hash.distance(to: PerceptualHash(bits: hash.bits ^ 0b1011)) == 3)
    }

    @Test("Orientations 5 to 8 stand the picture on its side")
    func orientation() {
        let size = PixelSize(width: 40, height: 30)
        for orientation in Orientation.allCases {
            let expected = orientation.rawValue >= 5 ? PixelSize(width: 30, height: 40) : size
            #expect(orientation.upright(size) == expected)
        }
        #expect(Orientation(rawValue: 0) == nil)
        #expect(Orientation(rawValue: 9) == nil)
    }

    @Test("Positions that are no place on Earth are refused")
    func position() {
        #expect(GeoPosition(latitude: 0, longitude: 0) == nil)
        #expect(GeoPosition(latitude: 90.01, longitude: 1) == nil)
        #expect(GeoPosition(latitude: 1, longitude: -180.01) == nil)
        #expect(GeoPosition(latitude: .nan, longitude: 1) == nil)
        #expect(GeoPosition(latitude: 1, longitude: .infinity) == nil)
        #expect(GeoPosition(latitude: 38.7, longitude: -9.1, altitude: .nan)?.altitude == nil)
        #expect(GeoPosition(latitude: 0, longitude: -9.1, altitude: -4)?.altitude == -4)
    }

    @Test("An error says what happened and what to do, and nothing of its cause")
    func engineError() {
        struct Secret: Error { let password = "hunter2" }
        let error = EngineError(.noSpace, "the disk is full", whatToDo: "free some space", cause: Secret())
        #expect("\(error)" == "the disk is full: free some space")
        #expect(EngineError(.corrupt, "no picture").description == "no picture")
        #expect(EngineError.Code.newerSchema.rawValue == "newer_schema")
    }
}
