public import Core
internal import Foundation

/// The nearest city to any position on earth, found by a k-d tree over points of the unit sphere, so that neither poles nor the
/// date line are special (Bentley, Multidimensional Binary Search Trees Used for Associative Searching, 1975).
///
/// The tree lies in one array: the middle of each range is the node that parts it, by the axis that its depth says.
public struct CityIndex: Sendable {
    private struct Point {
        var axes: SIMD3<Float>
        var line: Int32
    }

    /// Where each city's line begins in `table`.
    private let lines: [Int]
    private let table: [UInt8]
    private let points: [Point]
    /// Those that may have quarters which are in the table themselves, by the part of the country they are in.
    private let large: [String: [Large]]

    private struct Large {
        let axes: SIMD3<Float>
        let line: Int32
        let population: Double
        /// How far its quarters are, as chords of the unit sphere.
        let reach: Float
    }

    /// A city of fewer people is left to itself.
    private static let fewest = 100_000.0
    /// A quarter has less than this share of its city's people, and no more than so many: beyond it is a city in its own right.
    private static let share = 1.0 / 8
    private static let mostOfQuarter = 1_000_000.0
    /// People per square metre of a city: as far as a disk reaches in which all of them live, a place of its part of the country is a
    /// quarter of it. Of a hundred European and Asian capitals it is between 2,000 and 15,000 on a square kilometre.
    private static let density = 3_000e-6

    /// Beyond that a position is at no city, in metres.
    public static let farthest = 100_000.0
    private static let earthRadius = 6_371_008.8

    public var count: Int { points.count }

    /// Reads a table: a line a city of nine or ten fields between tabs, GeoNames' id, latitude, longitude, country code, country, city,
    /// region, time zone, population, and the code of its part of the country, without which no quarter is told. Lines that are none are passed over. Throws `.corrupt` where there is no city at all.
    public init(table: [UInt8]) throws {
        var lines: [Int] = []
        var points: [Point] = []
        var large: [String: [Large]] = [:]
        var start = 0
        while start < table.count {
            let end = table[start...].firstIndex(of: UInt8(ascii: "\n")) ?? table.count
            if let fields = Self.fields(of: table[start..<end]), let position = Self.position(fields) {
                let axes = Self.axes(position)
                points.append(Point(axes: axes, line: Int32(lines.count)))
                if let (part, population) = Self.size(fields), population >= Self.fewest {
                    let radius = (population / Self.density / .pi).squareRoot()
                    large[part, default: []].append(
                        Large(
                            axes: axes, line: Int32(lines.count), population: population,
                            reach: Float(2 * sin(radius / Self.earthRadius / 2))))
                }
                lines.append(start)
            }
            start = end + 1
        }
        guard !points.isEmpty else {
            throw EngineError(
                .corrupt, "no city is in the table of places", whatToDo: "make it anew with: scripts/places.sh")
        }
        points.withUnsafeMutableBufferPointer { Self.order($0, axis: 0) }
        (self.lines, self.table, self.points, self.large) = (lines, table, points, large)
    }

    /// Where all of them are, in no order.
    public var positions: [GeoPosition] {
        points.compactMap { point in
            let (x, y, z) = (Double(point.axes.x), Double(point.axes.y), Double(point.axes.z))
            return GeoPosition(
                latitude: asin(min(1, max(-1, z))) * 180 / .pi, longitude: atan2(y, x) * 180 / .pi)
        }
    }

    /// The nearest city, however far, and how far it is in metres.
    public func nearest(to position: GeoPosition) -> (city: City, distance: Double)? {
        nearestLine(to: position).flatMap { found in city(Int(found.line)).map { ($0, found.distance) } }
    }

    private func nearestLine(to position: GeoPosition) -> (line: Int32, distance: Double)? {
        let target = Self.axes(position)
        var best: (line: Int32, distance: Float) = (-1, .infinity)
        points.withUnsafeBufferPointer { Self.search($0, 0, $0.count, axis: 0, target, &best) }
        guard best.line >= 0 else { return nil }
        // A chord of the unit sphere.
        let chord = Double(best.distance).squareRoot()
        return (best.line, 2 * asin(min(1, chord / 2)) * Self.earthRadius)
    }

    /// The city at a position, if one is near, and which of its quarters, where the table has that as a city of its own.
    public func city(at position: GeoPosition) -> (city: City, quarter: City?)? {
        guard let line = nearestLine(to: position), line.distance <= Self.farthest, let found = city(Int(line.line))
        else { return nil }
        // A quarter may have quarters itself; each is in one of eight times as many people.
        var (number, outermost) = (Int(line.line), found)
        while let next = outer(of: number, outermost), let outer = city(Int(next)) {
            (number, outermost) = (Int(next), outer)
        }
        return (outermost, number == Int(line.line) ? nil : found)
    }

    /// The line of the city that this one is a quarter of: of those that reach it, the one whose middle it is nearest to.
    private func outer(of line: Int, _ city: City) -> Int32? {
        let start = lines[line]
        let end = table[start...].firstIndex(of: UInt8(ascii: "\n")) ?? table.count
        guard let (part, population) = Self.fields(of: table[start..<end]).flatMap(Self.size),
            population <= Self.mostOfQuarter
        else { return nil }
        let axes = Self.axes(city.position)
        var best: (line: Int32, share: Float)?
        for outer in large[part] ?? [] where population < outer.population * Self.share {
            let apart = outer.axes - axes
            let share = (apart * apart).sum().squareRoot() / outer.reach
            if share <= 1, share < best?.share ?? .infinity { best = (outer.line, share) }
        }
        return best?.line
    }

    /// The part of its country that a city is in, and its people; nil where the table doesn't tell.
    private static func size(_ fields: [ArraySlice<UInt8>]) -> (part: String, population: Double)? {
        guard fields.count == 10, !fields[9].isEmpty,
            let population = Double(String(decoding: fields[8], as: UTF8.self))
        else { return nil }
        return (String(decoding: fields[3] + [UInt8(ascii: " ")] + fields[9], as: UTF8.self), population)
    }

    private func city(_ number: Int) -> City? {
        table.withUnsafeBufferPointer { bytes in
            // SAFETY: every index lies in the table, where the reading found nine fields in this line.
            var start = lines[number]
            func next() -> UnsafeBufferPointer<UInt8> {
                var end = start
                while end < bytes.count, bytes[end] != UInt8(ascii: "\t"), bytes[end] != UInt8(ascii: "\n") { end += 1 }
                defer { start = end + 1 }
                return UnsafeBufferPointer(rebasing: bytes[start..<end])
            }
            func text() -> String { String(decoding: next(), as: UTF8.self) }
            let (id, latitude, longitude) = (Int64(text()), Double(text()), Double(text()))
            let (code, country, name, region, zone) = (text(), text(), text(), text(), text())
            guard let id, let latitude, let longitude,
                let position = GeoPosition(latitude: latitude, longitude: longitude)
            else { return nil }
            return City(
                id: id, name: name, region: region.isEmpty ? nil : region, countryCode: code, country: country,
                position: position, timeZone: zone.isEmpty ? nil : zone)
        }
    }

    private static func fields(of line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
        let fields = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
        guard (9...10).contains(fields.count), !fields[5].isEmpty, fields[3].count == 2,
            Int64(String(decoding: fields[0], as: UTF8.self)).map({ $0 > 0 }) == true
        else { return nil }
        return fields
    }

    private static func position(_ fields: [ArraySlice<UInt8>]) -> GeoPosition? {
        guard let latitude = Double(String(decoding: fields[1], as: UTF8.self)),
            let longitude = Double(String(decoding: fields[2], as: UTF8.self))
        else { return nil }
        return GeoPosition(latitude: latitude, longitude: longitude)
    }

    private static func axes(_ position: GeoPosition) -> SIMD3<Float> {
        let (latitude, longitude) = (position.latitude * .pi / 180, position.longitude * .pi / 180)
        return SIMD3(
            Float(cos(latitude) * cos(longitude)), Float(cos(latitude) * sin(longitude)), Float(sin(latitude)))
    }

    // SAFETY: every index below lies in the buffer, which the callers own for the call.

    private static func order(_ points: UnsafeMutableBufferPointer<Point>, axis: Int) {
        guard points.count > 1 else { return }
        let middle = points.count / 2
        select(points, middle, axis)
        order(UnsafeMutableBufferPointer(rebasing: points[..<middle]), axis: (axis + 1) % 3)
        order(UnsafeMutableBufferPointer(rebasing: points[(middle + 1)...]), axis: (axis + 1) % 3)
    }

    /// Brings the one that is `place`th by an axis there, the lesser in front of it (Hoare, Algorithm 65: Find).
    private static func select(_ points: UnsafeMutableBufferPointer<Point>, _ place: Int, _ axis: Int) {
        var (low, high) = (0, points.count - 1)
        while low < high {
            let pivot = points[(low + high) / 2].axes[axis]
            var (left, right) = (low, high)
            while left <= right {
                while points[left].axes[axis] < pivot { left += 1 }
                while points[right].axes[axis] > pivot { right -= 1 }
                if left <= right {
                    points.swapAt(left, right)
                    left += 1
                    right -= 1
                }
            }
            if place <= right {
                high = right
            } else if place >= left {
                low = left
            } else {
                return
            }
        }
    }

    private static func search(
        _ points: UnsafeBufferPointer<Point>, _ start: Int, _ end: Int, axis: Int, _ target: SIMD3<Float>,
        _ best: inout (line: Int32, distance: Float)
    ) {
        guard start < end else { return }
        let middle = start + (end - start) / 2
        let point = points[middle]
        let apart = point.axes - target
        let distance = (apart * apart).sum()
        if distance < best.distance { best = (point.line, distance) }
        let across = target[axis] - point.axes[axis]
        let next = (axis + 1) % 3
        let isBelow = across < 0
        search(points, isBelow ? start : middle + 1, isBelow ? middle : end, axis: next, target, &best)
        if across * across < best.distance {
            search(points, isBelow ? middle + 1 : start, isBelow ? end : middle, axis: next, target, &best)
        }
    }
}
