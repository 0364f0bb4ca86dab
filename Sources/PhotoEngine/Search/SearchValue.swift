import Core

/// Reads the numbers, dates and positions of a search. Each throws a `Refusal`, which knows no place.
enum SearchValue {
    struct Refusal: Error {
        let whatHappened: String
        var whatToDo = ""
    }

    /// `>800`, `>=800`, `<800`, `<=800`, `=800`, `100..400`, `100..`, `..400`, `800`.
    static func bounds(_ text: String, of number: SearchQuery.Number) throws -> SearchBounds {
        if let dots = text.firstRange(of: "..") {
            let (low, high) = (String(text[..<dots.lowerBound]), String(text[dots.upperBound...]))
            let lower = low.isEmpty ? nil : try value(low, of: number)
            let upper = high.isEmpty ? nil : try value(high, of: number)
            if lower == nil, upper == nil { throw Refusal(whatHappened: "a range needs an end") }
            if let lower, let upper, lower > upper {
                throw Refusal(whatHappened: "\(low) is more than \(high)", whatToDo: "write the smaller one first")
            }
            return SearchBounds(
                lower: lower.map { .init($0, isIncluded: true) }, upper: upper.map { .init($0, isIncluded: true) })
        }
        for (sign, isLower, isIncluded) in [
            (">=", true, true), ("<=", false, true), (">", true, false), ("<", false, false),
        ] where text.hasPrefix(sign) {
            let bound = SearchBounds.Bound(
                try value(String(text.dropFirst(sign.count)), of: number), isIncluded: isIncluded)
            return isLower ? SearchBounds(lower: bound) : SearchBounds(upper: bound)
        }
        let value = try value(text.hasPrefix("=") ? String(text.dropFirst()) : text, of: number)
        // As exactly as people write what cameras measure.
        let slack: Double =
            switch number {
            case .aperture: 0.05
            case .focalLength: 0.5
            case .shutter: value * 0.05
            case .byteCount: value * 0.05
            case .iso, .rating, .width, .height: 0
            }
        return SearchBounds(
            lower: .init(value - slack, isIncluded: true), upper: .init(value + slack, isIncluded: true))
    }

    private static let units: [SearchQuery.Number: [(name: String, factor: Double)]] = [
        .byteCount: [
            ("kib", 1024), ("mib", 1_048_576), ("gib", 1_073_741_824), ("kb", 1000), ("mb", 1_000_000),
            ("gb", 1_000_000_000), ("k", 1000), ("m", 1_000_000), ("g", 1_000_000_000), ("b", 1),
        ],
        .focalLength: [("mm", 1)], .width: [("px", 1)], .height: [("px", 1)], .shutter: [("s", 1)],
    ]

    private static func value(_ text: String, of number: SearchQuery.Number) throws -> Double {
        var rest = text.lowercased()
        var factor = 1.0
        if number == .aperture {
            for prefix in ["f/", "f", "/"] where rest.hasPrefix(prefix) {
                rest = String(rest.dropFirst(prefix.count))
                break
            }
        }
        if let unit = units[number]?.first(where: { rest.hasSuffix($0.name) }) {
            rest = String(rest.dropLast(unit.name.count))
            factor = unit.factor
        }
        var value: Double
        let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
        if number == .shutter, parts.count == 2 {
            let (over, under) = (try plain(String(parts[0]), text), try plain(String(parts[1]), text))
            guard under > 0 else { throw Refusal(whatHappened: "nothing can be divided by zero") }
            value = over / under
        } else {
            value = try plain(rest, text)
        }
        value *= factor
        if number == .rating, value > 5 || value != value.rounded() {
            throw Refusal(whatHappened: "a rating is 0 to 5")
        }
        return value
    }

    /// Digits with at most one point: no signs, exponents or names of numbers.
    private static func plain(_ digits: String, _ text: String) throws -> Double {
        let isNumber =
            digits.utf8.contains { (48...57).contains($0) }
            && digits.utf8.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: ".") }
        guard isNumber, let value = Double(digits) else { throw Refusal(whatHappened: "\(text) is no number") }
        guard value < 1e15 else { throw Refusal(whatHappened: "\(text) is more than anything has") }
        return value
    }

    // MARK: dates

    /// A day, month or year that begins and ends.
    private static func span(_ text: String) throws -> Range<Int64>? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count), parts[0].utf8.count == 4,
            parts.dropFirst().allSatisfy({ (1...2).contains($0.utf8.count) }),
            parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }), let year = Int(parts[0])
        else { return nil }
        let month = parts.count > 1 ? Int(parts[1]) : nil
        let day = parts.count > 2 ? Int(parts[2]) : nil
        guard (1...9998).contains(year) else { throw Refusal(whatHappened: "there is no year \(parts[0])") }
        if let month, !(1...12).contains(month) { throw Refusal(whatHappened: "there is no month \(month)") }
        guard let first = start(year, month ?? 1, day ?? 1) else {
            throw Refusal(whatHappened: "that month has no day \(day ?? 0)")
        }
        let end: Int64? =
            if day != nil { first + 86_400_000_000 } else if let month {
                start(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1)
            } else { start(year + 1, 1, 1) }
        return first..<(end ?? first)
    }

    private static func start(_ year: Int, _ month: Int, _ day: Int) -> Int64? {
        CaptureTime(year: year, month: month, day: day, hour: 0, minute: 0, second: 0, source: .exif)?
            .wallMicroseconds
    }

    /// What may be written for a date; nil for text that isn't one.
    static func date(_ text: String) throws -> SearchQuery.Condition? {
        if let dots = text.firstRange(of: "..") {
            let (low, high) = (String(text[..<dots.lowerBound]), String(text[dots.upperBound...]))
            let lower = low.isEmpty ? nil : try span(low)
            let upper = high.isEmpty ? nil : try span(high)
            if lower == nil && !low.isEmpty || upper == nil && !high.isEmpty || low.isEmpty && high.isEmpty {
                return nil
            }
            let (from, before) = (lower?.lowerBound ?? .min, upper?.upperBound ?? .max)
            guard from < before else {
                throw Refusal(whatHappened: "\(low) is later than \(high)", whatToDo: "write the earlier one first")
            }
            return .taken(from..<before)
        }
        if let month = month(text) { return .monthOfYear(month) }
        return try span(text).map { .taken($0) }
    }

    /// As `date`, also behind a sign: `>=2020`, `<2020-05`.
    static func signedDate(_ text: String) throws -> SearchQuery.Condition? {
        for sign in [">=", "<=", ">", "<", "="] where text.hasPrefix(sign) {
            guard let span = try span(String(text.dropFirst(sign.count))) else { return nil }
            return switch sign {
            case ">=": .taken(span.lowerBound..<(.max))
            case "<=": .taken(.min..<span.upperBound)
            case ">": .taken(span.upperBound..<(.max))
            case "<": .taken(.min..<span.lowerBound)
            default: .taken(span)
            }
        }
        return try date(text)
    }

    static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
        "december",
    ]

    /// The number of a month by its name, or by three letters of it.
    private static func month(_ text: String) -> Int? {
        let text = text.lowercased()
        return months.firstIndex { $0 == text || text.utf8.count == 3 && $0.hasPrefix(text) }.map { $0 + 1 }
    }

    // MARK: positions

    static let widest = 1_000_000.0

    /// `38.7,-9.1` or `38.7,-9.1,5km`; a kilometre around where nothing is said.
    static func near(_ text: String) throws -> SearchQuery.Condition {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let refusal = Refusal(whatHappened: "\(text) is no position", whatToDo: "write it as near:38.7,-9.1,5km")
        guard (2...3).contains(parts.count), let latitude = signed(parts[0]), let longitude = signed(parts[1]) else {
            throw refusal
        }
        guard (-90.0...90.0).contains(latitude), (-180.0...180.0).contains(longitude) else {
            throw Refusal(
                whatHappened: "there is no such place", whatToDo: "latitudes are -90 to 90, longitudes -180 to 180")
        }
        var metres = 1000.0
        if parts.count == 3 {
            var radius = parts[2].lowercased()
            var factor = 1000.0
            if radius.hasSuffix("km") {
                radius.removeLast(2)
            } else if radius.hasSuffix("m") {
                radius.removeLast()
                factor = 1
            }
            guard let number = try? plain(radius, radius) else { throw refusal }
            metres = number * factor
        }
        guard metres > 0, metres <= widest else {
            throw Refusal(whatHappened: "near is up to \(Int(widest / 1000)) km")
        }
        return .near(latitude: latitude, longitude: longitude, metres: metres)
    }

    private static func signed(_ text: String) -> Double? {
        let isNegative = text.hasPrefix("-")
        guard let value = try? plain(isNegative ? String(text.dropFirst()) : text, text) else { return nil }
        return isNegative ? -value : value
    }
}
