public import Core
import Grid

/// The cities that photos were taken in, and how many photos wait to be looked up.
public struct PlaceList: Hashable, Sendable {
    /// By country, then those with most photos first.
    public let cities: [CityCount]
    public let unplaced: Int
    /// Where cities are, with photos or not: they draw the map.
    public let known: [GeoPosition]

    public init(cities: [CityCount], unplaced: Int, known: [GeoPosition] = []) {
        (self.cities, self.unplaced, self.known) = (cities, unplaced, known)
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

        var asCity: CityCount? { if case .city(let found) = self { found } else { nil } }

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
    /// Where cities are, with photos or not.
    private(set) var known: [GeoPosition] = []
    public var showsMap = false
    /// How often the world was halved on the map.
    public private(set) var zoom = 0
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
    var visibleCount: Int { max(1, listArea.rows) }
    var visible: Range<Int> { min(top, rows.count)..<min(top + visibleCount, rows.count) }

    /// Where the list and the map are; where there is no room for both, the map has all of it but a line for the cursor's place.
    private var parts: (list: Rect, map: Rect) {
        let rest = area.splitTop(1).rest
        guard showsMap else { return (rest, rest.splitLeft(0).left) }
        if rest.columns < 90 {
            let (list, map) = rest.splitTop(1)
            return (list, map)
        }
        let (list, map) = rest.splitLeft(min(46, rest.columns * 2 / 5))
        return (list, map)
    }

    var listArea: Rect { parts.list }
    var mapArea: Rect { parts.map }

    /// The cities of the cursor's row.
    var chosenCities: [CityCount] {
        switch cursorRow {
        case .city(let found): [found]
        case .country(_, let count, _): rows[(cursor + 1)...].prefix(count).compactMap(\.asCity)
        case nil: []
        }
    }

    /// The map around the cursor's place.
    func frame(aspect: Double) -> MapFrame {
        let cities = chosenCities
        // A country's middle is where most of its photos are: halves of it may lie on both sides of the date line.
        let most = cities.max { $0.count < $1.count }?.city.position
        return MapFrame(
            center: (most?.latitude ?? 0, most?.longitude ?? 0), zoom: zoom, size: mapArea.size, aspect: aspect)
    }

    static let mostZoom = 9

    mutating func zoom(by steps: Int) { zoom = min(max(0, zoom + steps), Self.mostZoom) }

    /// The row of the city with most photos in a cell of the map.
    func row(at cell: Position, in frame: MapFrame) -> Int? {
        rows.indices.filter { index in rows[index].asCity.map { frame.cell(of: $0.city.position) == cell } ?? false }
            .max { (rows[$0].asCity?.count ?? 0) < (rows[$1].asCity?.count ?? 0) }
    }

    mutating func toggleMap() {
        showsMap.toggle()
        move(to: cursor)
    }

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
        (unplaced, cityCount, known) = (list.unplaced, list.cities.count, list.known)
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
