/// What of a photo tells which event it is of.
public struct EventPhoto: Hashable, Sendable {
    public let id: PhotoID
    /// Microseconds of the wall clock, as `CaptureTime` has them.
    public let wallMicroseconds: Int64
    public let position: GeoPosition?
    /// Untrusted.
    public let place: String?

    public init(id: PhotoID, wallMicroseconds: Int64, position: GeoPosition? = nil, place: String? = nil) {
        (self.id, self.wallMicroseconds, self.position, self.place) = (id, wallMicroseconds, position, place)
    }
}
