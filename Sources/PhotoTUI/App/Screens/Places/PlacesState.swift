public import Core
import Grid

/// The cities that photos were taken in, and how many photos wait to be looked up.
public struct PlaceList: Hashable, Sendable {
    /// By country, then those with most photos first.
    public let cities: [CityCount]
    public let unplaced: Int

    public init(cities: [CityCount], unplaced: Int) {
        (self.cities, self.unplaced) = (cities, unplaced)
    }
}

/// Countries, the cities in them, and from there their photos.
public struct PlacesState: Sendable {
    public enum Phase: Sendable {
        case loading, ready
        case failed(EngineError)
    }

    /// A line of the list.
    enum Row: Hashable, Sendable {
        case country(String, cities: Int, photos: Int)
        case city(CityCount)

        /// What the photos' place says.
        var place: String {
            switch self {
            case .country(let name, _, _): name
            case .city(let found): found.city.place
            }
        }
    }

    public var phase = Phase.loading
    public var unplaced = 0
    public var cursor = 0
    /// The first row shown.
    public var top = 0
    private(set) var rows: [Row] = []
    private(set) var photoCount = 0
    private(set) var cityCount = 0
    /// Whether what is here has to be read again.
    var isStale = true
    var area = Rect(GridSize(columns: 0, rows: 0))
    var request: RequestID?
    var retryTimer: RequestID?

    public init() {}

    var cursorRow: Row? { rows.indices.contains(cursor) ? rows[cursor] : nil }
    /// Below the heading.
    var visibleCount: Int { max(1, area.rows - 1) }
    var visible: Range<Int> { min(top, rows.count)..<min(top + visibleCount, rows.count) }

    mutating func resize(area: Rect) {
        self.area = area
        move(to: cursor)
    }

    /// The cursor stays at its place, as far as that is still there.
    mutating func show(_ list: PlaceList) {
        let before = cursorRow?.place
        var countries: [(name: String, cities: [CityCount])] = []
        for found in list.cities {
            if countries.last?.name != found.city.country { countries.append((found.city.country, [])) }
            countries[countries.count - 1].cities.append(found)
        }
        rows = countries.flatMap { country in
            let photos = country.cities.reduce(0) { $0 + $1.count }
            return [.country(country.name, cities: country.cities.count, photos: photos)]
                + country.cities.map(Row.city)
        }
        (unplaced, cityCount) = (list.unplaced, list.cities.count)
        photoCount = list.cities.reduce(0) { $0 + $1.count }
        phase = .ready
        move(to: rows.firstIndex { $0.place == before } ?? cursor)
    }

    mutating func move(to index: Int) {
        cursor = min(max(0, index), max(0, rows.count - 1))
        top = min(max(top, cursor - visibleCount + 1), cursor)
        top = max(0, min(top, rows.count - visibleCount))
    }
}
