extension CaptureTime {
    /// The date, and the time where there is one, that cameras, phones and messengers write into file names:
    /// `IMG_20240712_180312.jpg`, `2024-07-12 18.03.12.png`, `Screenshot_2024-07-12-18-03-12-123.png`,
    /// `IMG-20240712-WA0001.jpg`. nil when the name has no date, or one from outside 1970 to 2099.
    public init?(filename: String) {
        let bytes = Array(filename.utf8)
        func isDigit(_ index: Int) -> Bool { bytes.indices.contains(index) && (0x30...0x39).contains(bytes[index]) }
        func number(_ start: Int, _ count: Int) -> Int? {
            var value = 0
            for index in start..<start + count {
                guard isDigit(index) else { return nil }
                value = value * 10 + Int(bytes[index] - 0x30)
            }
            return value
        }
        /// The length of one of these separators at `index`.
        func separator(_ index: Int, _ allowed: String) -> Int {
            bytes.indices.contains(index) && allowed.utf8.contains(bytes[index]) ? 1 : 0
        }
        for start in bytes.indices where isDigit(start) && !isDigit(start - 1) {
            guard let year = number(start, 4), (1970...2099).contains(year) else { continue }
            let first = separator(start + 4, "-_.")
            guard let month = number(start + 4 + first, 2) else { continue }
            let second = separator(start + 6 + first, "-_.")
            guard first == second, let day = number(start + 6 + first + second, 2) else { continue }
            let dateEnd = start + 8 + first + second
            var next = dateEnd
            if bytes[min(next, bytes.count)...].starts(with: " at ".utf8) {
                next += 4
            } else {
                next += separator(next, "-_. T")
            }
            let colon = separator(next + 2, "-_.:")
            if let hour = number(next, 2), let minute = number(next + 2 + colon, 2),
                separator(next + 4 + colon, "-_.:") == colon, let second = number(next + 4 + 2 * colon, 2)
            {
                let timeEnd = next + 6 + 2 * colon
                let dot = separator(timeEnd, "-_.")
                let digits = [timeEnd, timeEnd + dot].first { number($0, 3) != nil && !isDigit($0 + 3) }
                let milliseconds = digits.flatMap { number($0, 3) } ?? 0
                if let time = CaptureTime(
                    year: year, month: month, day: day, hour: hour, minute: minute, second: second,
                    microsecond: milliseconds * 1000, source: .filename)
                {
                    self = time
                    return
                }
            }
            // Eight digits that run on are a serial number, not a date.
            guard !isDigit(dateEnd),
                let date = CaptureTime(
                    year: year, month: month, day: day, hour: 0, minute: 0, second: 0, source: .filename)
            else { continue }
            self = date
            return
        }
        return nil
    }
}
