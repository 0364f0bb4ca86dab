/// A number of bytes, shown in decimal units as storage is sold.
public struct ByteCount: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let bytes: Int64

    public init(_ bytes: Int64) {
        self.bytes = bytes
    }

    public static func < (left: Self, right: Self) -> Bool { left.bytes < right.bytes }
    public static func + (left: Self, right: Self) -> Self { ByteCount(left.bytes + right.bytes) }

    public var description: String {
        let units = ["kB", "MB", "GB", "TB", "PB"]
        let sign = bytes < 0 ? "-" : ""
        guard bytes.magnitude >= 1000 else { return "\(bytes) B" }
        var value = Double(bytes.magnitude) / 1000
        var unit = 0
        while value >= 999.5, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        let tenths = Int((value * 10).rounded())
        let number = tenths >= 100 ? "\(Int(value.rounded()))" : "\(tenths / 10).\(tenths % 10)"
        return sign + number + " " + units[unit]
    }
}

/// Width and height in pixels, both at least 1.
public struct PixelSize: Hashable, Sendable, Codable {
    public let width: Int
    public let height: Int

    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    public var pixels: Int { width * height }
}

/// The EXIF orientation tag (TIFF 6.0 tag 274): how stored rows and columns map to the upright picture.
public enum Orientation: Int, Sendable, CaseIterable, Codable {
    case upright = 1
    case mirrored, rotated180, flipped, transposed, rotated90, transversed, rotated270

    /// Whether the upright picture's width is the stored height.
    public var swapsAxes: Bool { rawValue >= 5 }

    /// The upright size of a picture stored at `size`.
    public func upright(_ size: PixelSize) -> PixelSize {
        swapsAxes ? PixelSize(width: size.height, height: size.width) : size
    }
}

/// A WGS 84 position in degrees, north and east positive; altitude in metres above sea level.
public struct GeoPosition: Hashable, Sendable, Codable {
    public let latitude: Double
    public let longitude: Double
    public let altitude: Double?

    /// nil when a coordinate is not finite or out of range, or when both are exactly 0, which cameras without a fix write.
    public init?(latitude: Double, longitude: Double, altitude: Double? = nil) {
        guard (-90...90).contains(latitude), (-180...180).contains(longitude), latitude != 0 || longitude != 0 else {
            return nil
        }
        self.latitude = latitude
        self.longitude = longitude
        self.altitude = altitude.flatMap { $0.isFinite ? $0 : nil }
    }
}
