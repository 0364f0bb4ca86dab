import Core
import Foundation
import Imaging
import SystemPackage
import Testing

@Suite("Capture times of IPTC", .enabled(if: Fixtures.isAvailable))
struct CaptureTimeTests {
    @Test(
        "IPTC tells when a picture was created where nothing better does",
        arguments: [
            (["-IPTC:DateCreated=2005:09:29", "-IPTC:TimeCreated=16:51:02+02:00"], "2005-09-29T16:51:02+02:00"),
            (["-IPTC:DateCreated=2005:09:29", "-IPTC:TimeCreated=16:51:02-09:30"], "2005-09-29T16:51:02-09:30"),
            (["-IPTC:DateCreated=2005:09:29", "-IPTC:TimeCreated=16:51:02+00:00"], "2005-09-29T16:51:02-00:00"),
            (["-IPTC:DateCreated=2005:09:29"], "2005-09-29T00:00:00-00:00"),
        ])
    func created(arguments: [String], expected: String) async throws {
        let file = try Tagged(arguments)
        let time = try #require(try await read(file))
        #expect(time.source == .iptc)
        #expect(time.rfc3339 == expected)
        // The judge's wall clock is the same.
        let judged = try file.exiftool(["-s3", "-d", "%Y-%m-%dT%H:%M:%S", "-Composite:DateTimeCreated"])
        if arguments.count == 2 { #expect(expected.hasPrefix(judged)) }
    }

    @Test(
        "What EXIF or XMP says goes before IPTC",
        arguments: [
            (["-EXIF:ModifyDate=2001:02:03 04:05:06"], CaptureTimeSource.exif, "2001-02-03T04:05:06-00:00"),
            (["-XMP-photoshop:DateCreated=2002:03:04 05:06:07"], .xmp, "2002-03-04T05:06:07-00:00"),
        ])
    func order(arguments: [String], source: CaptureTimeSource, expected: String) async throws {
        let file = try Tagged(["-IPTC:DateCreated=2005:09:29", "-IPTC:TimeCreated=16:51:02+02:00"] + arguments)
        let time = try #require(try await read(file))
        #expect(time.source == source)
        #expect(time.rfc3339 == expected)
    }

    private func read(_ file: Tagged) async throws -> CaptureTime? {
        try await makePool().process(file.path, options: ProcessingOptions()).metadata.captureTime
    }
}
