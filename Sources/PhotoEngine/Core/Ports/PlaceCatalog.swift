/// In which cities photos were taken: the nearest to their positions, looked up outside of the catalogue.
public protocol PlaceCatalog: Sendable {
    /// Photos with a position that was not looked up, or changed since, in order of id behind `after`.
    func unplaced(after: PhotoID?, limit: Int) async throws -> [UnplacedPhoto]
    func unplacedCount() async throws -> Int
    /// Notes what was found. A place that the photo's file names stays its place, a time zone that it tells stays its zone; a photo
    /// whose position is another by now is passed over. Returns how many were noted.
    func setPlaces(_ places: [PhotoID: FoundPlace]) async throws -> Int
    /// Lets all positions be looked up again, as with another table; what was found before is forgotten, but for time zones.
    func forgetPlaces() async throws
    /// The cities that photos of the timeline were taken in, by country, then those with most photos first.
    func cities() async throws -> [CityCount]
    /// Photos of the timeline taken in a city, newest first, behind `after`.
    func photos(inCity city: Int64, after: TimelinePosition?, limit: Int) async throws -> [TimelineEntry]
}
