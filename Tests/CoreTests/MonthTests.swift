import Testing

@testable import Core

@Suite("Month")
struct MonthTests {
    @Test("YYYY-MM is read and written", arguments: ["0001-01", "1969-12", "2024-07", "9999-12"])
    func text(_ text: String) {
        #expect(Month(text)?.description == text)
    }

    @Test(
        "Other text is refused",
        arguments: [
            "", "2024", "2024-7", "24-07", "2024-00", "2024-13", "0000-01", "+024-07", "2024-+7", "-024-07",
            "2024-07-01",
            "2024/07", "２０２４-07",
        ])
    func refused(_ text: String) {
        #expect(Month(text) == nil)
    }

    @Test("Ordinals count months without a gap")
    func ordinals() throws {
        let first = try #require(Month(year: 1969, month: 11))
        let months = (0..<30).map { Month(ordinal: first.ordinal + $0) }
        #expect(months.map(\.description).prefix(4) == ["1969-11", "1969-12", "1970-01", "1970-02"])
        #expect(months == months.sorted())
        #expect(Set(months).count == 30)
    }

    @Test("Months have the days of the Gregorian calendar")
    func days() {
        #expect((1...12).map { Month.days(year: 2023, month: $0) }.reduce(0, +) == 365)
        #expect([1900, 2000, 2023, 2024, 2100].map { Month.days(year: $0, month: 2) } == [28, 29, 28, 29, 28])
    }

    @Test("Every day of four centuries survives the way to a day number and back")
    func civil() {
        var expected = Month.daysFromEpoch(year: 1801, month: 1, day: 1)
        #expect(expected == -61_726)
        for year in 1801...2200 {
            for month in 1...12 {
                for day in 1...Month.days(year: year, month: month) {
                    #expect(Month.daysFromEpoch(year: year, month: month, day: day) == expected)
                    let date = Month.civil(daysFromEpoch: expected)
                    #expect(date == (year, month, day))
                    expected += 1
                }
            }
        }
    }
}
