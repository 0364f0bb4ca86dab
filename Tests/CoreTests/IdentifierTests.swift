import Foundation
import Testing

@testable import Core

@Suite("Identifier")
struct IdentifierTests {
    /// Stands still at the moment it was given.
    private struct FixedClock: EngineClock {
        let moment: Date
        func now() -> Date { moment }
    }

    private struct FixedRandom: RandomSource {
        let value: UInt64
        func next() -> UInt64 { value }
    }

    private func make(at seconds: Double, random: UInt64) -> PhotoID {
        PhotoID(clock: FixedClock(moment: Date(timeIntervalSince1970: seconds)), random: FixedRandom(value: random))
    }

    @Test("The example of RFC 9562 A.6 has the version, variant and time of ours")
    func version7() {
        let id = make(at: 1_645_557_742.0, random: .max)
        #expect(id.description == "017f22e2-79b0-7fff-bfff-ffffffffffff")
    }

    @Test("Ids sort by the time they were made, to the millisecond")
    func order() {
        let ids = [1.000, 1.001, 1.002, 70_000.5].map { make(at: $0, random: .random(in: 0 ... .max)) }
        #expect(ids == ids.sorted())
        #expect(ids.map(\.description) == ids.map(\.description).sorted())
    }

    @Test("A clock before 1970 still makes an id")
    func before1970() {
        #expect(make(at: -1, random: 0).description == "00000000-0000-7000-8000-000000000000")
    }

    @Test("Text and bytes give the same id back")
    func roundTrip() throws {
        let id = make(at: 1_720_800_191.25, random: 0x0123_4567_89AB_CDEF)
        #expect(PhotoID(id.description) == id)
        #expect(PhotoID(id.description.uppercased()) == id)
        #expect(PhotoID(bytes: id.bytes) == id)
        #expect(try JSONDecoder().decode([PhotoID].self, from: JSONEncoder().encode([id])) == [id])
    }

    @Test(
        "Other text is refused",
        arguments: [
            "", "017f22e2", "017f22e279b07fffbfffffffffffffff", "{017f22e2-79b0-7fff-bfff-ffffffffffff}",
            "017f22e2-79b0-7fff-bfff-fffffffffffg", " 017f22e2-79b0-7fff-bfff-ffffffffffff",
            "017f22e2-79b0-7fff-bfff-ffffffffffff\u{0}",
        ])
    func refused(text: String) {
        #expect(PhotoID(text) == nil)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([PhotoID].self, from: JSONEncoder().encode([text]))
        }
    }

    @Test("Other byte counts are refused", arguments: [0, 15, 17])
    func byteCount(count: Int) {
        #expect(PhotoID(bytes: [UInt8](repeating: 1, count: count)) == nil)
    }
}
