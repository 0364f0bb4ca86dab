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

    /// Beyond that a position is at no city, in metres.
    public static let farthest = 100_000.0
    private static let earthRadius = 6_371_008.8

    public var count: Int { points.count }

    /// Reads a table: a line a city of nine fields between tabs, GeoNames' id, latitude, longitude, country code, country, city,
    /// region, time zone, population. Lines that are none are passed over. Throws `.corrupt` where there is no city at all.
    public init(table: [UInt8]) throws {
        var lines: [Int] = []
        var points: [Point] = []
        var start = 0
        while start < table.count {
            let end = table[start...].firstIndex(of: UInt8(ascii: "\n")) ?? table.count
            if let position = Self.fields(of: table[start..<end]).flatMap(Self.position) {
                points.append(Point(axes: Self.axes(position), line: Int32(lines.count)))
                lines.append(start)
            }
            start = end + 1
        }
        guard !points.isEmpty else {
            throw EngineError(
                .corrupt, "no city is in the table of places", whatToDo: "make it anew with: scripts/places.sh")
        }
        points.withUnsafeMutableBufferPointer { Self.order($0, axis: 0) }
        (self.lines, self.table, self.points) = (lines, table, points)
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
        let target = Self.axes(position)
        var best: (line: Int32, distance: Float) = (-1, .infinity)
        points.withUnsafeBufferPointer { Self.search($0, 0, $0.count, axis: 0, target, &best) }
        guard best.line >= 0, let city = city(Int(best.line)) else { return nil }
        // A chord of the unit sphere.
        let chord = Double(best.distance).squareRoot()
        return (city, 2 * asin(min(1, chord / 2)) * Self.earthRadius)
    }

    /// The city at a position, if one is near.
    public func city(at position: GeoPosition) -> City? {
        nearest(to: position).flatMap { $0.distance <= Self.farthest ? $0.city : nil }
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
        guard fields.count == 9, !fields[5].isEmpty, fields[3].count == 2,
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
