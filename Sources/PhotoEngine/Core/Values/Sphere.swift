internal import Glibc

/// The earth as a sphere of its mean radius (GRS 80: 6,371.0088 km), which is never off by more than half a percent.
public enum Sphere {
    private static let radius = 6371.0088

    /// How long a degree of longitude is at a latitude, as a share of one at the equator: 1 there, 0 at the poles.
    public static func parallel(latitude: Double) -> Double { max(0, cos(radians(latitude))) }

    /// A degree of latitude, anywhere.
    public static let kilometresOfDegree = radius * .pi / 180

    /// From one position to another, over the ground (haversine).
    public static func kilometres(_ one: GeoPosition, _ other: GeoPosition) -> Double {
        let north = radians(other.latitude - one.latitude)
        let east = radians(other.longitude - one.longitude)
        let chord =
            pow(sin(north / 2), 2)
            + cos(radians(one.latitude)) * cos(radians(other.latitude)) * pow(sin(east / 2), 2)
        return 2 * radius * asin(min(1, chord.squareRoot()))
    }

    private static func radians(_ degrees: Double) -> Double { degrees * .pi / 180 }
}
