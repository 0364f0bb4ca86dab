import Testing

@testable import Core

@Suite("CaptureTime")
struct CaptureTimeTests {
    @Test(
        "A wall-clock time survives the way to microseconds and back", arguments: [1900, 1969, 1970, 2000, 2024, 2100])
    func roundTrip(year: Int) throws {
        for month in 1...12 {
            let time = try #require(
                CaptureTime(
                    year: year, month: month, day: 28, hour: 23, minute: 59, second: 58, microsecond: 7, source: .exif))
            let part = time.fields
            #expect(
                [part.year, part.month, part.day, part.hour, part.minute, part.second, part.microsecond]
                    == [year, month, 28, 23, 59, 58, 7])
            #expect(time.month == Month(year: year, month: month))
        }
    }

    @Test("RFC 3339 shows the offset, and -00:00 where it is unknown")
    func rfc3339() throws {
        let known = try #require(
            CaptureTime(
                year: 2024, month: 7, day: 12, hour: 18, minute: 3, second: 11, microsecond: 250_000,
                offsetMinutes: -570,
                source: .exif))
        #expect(known.rfc3339 == "2024-07-12T18:03:11.250-09:30")
        let unknown = try #require(
            CaptureTime(year: 1969, month: 12, day: 31, hour: 23, minute: 0, second: 0, source: .filename))
        #expect(unknown.rfc3339 == "1969-12-31T23:00:00-00:00")
        #expect(unknown.wallMicroseconds == -3_600_000_000)
    }

    @Test("Dates that do not exist are refused")
    func impossible() {
        #expect(CaptureTime(year: 2023, month: 2, day: 29, hour: 0, minute: 0, second: 0, source: .exif) == nil)
        #expect(CaptureTime(year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0, source: .exif) == nil)
        #expect(CaptureTime(year: 2024, month: 1, day: 1, hour: 24, minute: 0, second: 0, source: .exif) == nil)
        #expect(Month("2024-13") == nil)
        #expect(Month("2024-07")?.description == "2024-07")
    }
}
