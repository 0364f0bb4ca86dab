/// A city of the table of places. Text is untrusted.
public struct City: Hashable, Sendable {
    /// GeoNames' number of it, 1 or more.
    public let id: Int64
    public let name: String
    /// The part of the country, where the table tells it.
    public let region: String?
    /// Two letters (ISO 3166).
    public let countryCode: String
    public let country: String
    public let position: GeoPosition
    /// As the time zone database calls its zone: `Europe/Lisbon`.
    public let timeZone: String?

    public init(
        id: Int64, name: String, region: String?, countryCode: String, country: String, position: GeoPosition,
        timeZone: String?
    ) {
        (self.id, self.name, self.region, self.countryCode) = (id, name, region, countryCode)
        (self.country, self.position, self.timeZone) = (country, position, timeZone)
    }

    /// `Lisbon, Portugal`; `Springfield, Illinois, United States`.
    public var place: String { ([name, region, country] as [String?]).compactMap { $0 }.joined(separator: ", ") }
}

/// A city and how many photos of the timeline were taken there.
public struct CityCount: Hashable, Sendable {
    public let city: City
    public let count: Int

    public init(city: City, count: Int) {
        (self.city, self.count) = (city, count)
    }
}

/// A photo whose position was not looked up yet.
public struct UnplacedPhoto: Hashable, Sendable {
    public let photo: PhotoID
    public let position: GeoPosition
    public let captureTime: CaptureTime

    public init(photo: PhotoID, position: GeoPosition, captureTime: CaptureTime) {
        (self.photo, self.position, self.captureTime) = (photo, position, captureTime)
    }
}

/// Where a position was found to be.
public struct FoundPlace: Hashable, Sendable {
    public let position: GeoPosition
    /// nil where no city is near.
    public let city: City?
    /// The part of the city, where the table tells it. Untrusted.
    public let quarter: String?
    /// Minutes east of UTC, of the city's clocks when the photo was taken.
    public let offsetMinutes: Int?

    public init(position: GeoPosition, city: City?, quarter: String? = nil, offsetMinutes: Int?) {
        (self.position, self.city, self.quarter, self.offsetMinutes) = (position, city, quarter, offsetMinutes)
    }

    /// `Lisbon, Portugal`, or `Alfama, Lisbon, Portugal`.
    public var place: String? { city.map { [quarter, $0.place].compactMap { $0 }.joined(separator: ", ") } }
}
