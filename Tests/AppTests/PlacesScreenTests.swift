import Core
import Grid
import Testing

@testable import App

@Suite("The places on screen")
struct PlacesScreenTests {
    private static func city(
        _ id: Int64, _ name: String, _ country: String, _ count: Int, _ latitude: Double, _ longitude: Double,
        region: String? = nil
    ) -> CityCount {
        CityCount(
            city: City(
                id: id, name: name, region: region, countryCode: "XX", country: country,
                position: position(latitude, longitude), timeZone: nil), count: count)
    }

    private static func position(_ latitude: Double, _ longitude: Double) -> GeoPosition {
        GeoPosition(latitude: latitude, longitude: longitude)!
    }

    private static let list = PlaceList(
        cities: [
            city(1, "Kathmandu\u{1b}[2J", "Nepal", 1, 27.7, 85.3), city(2, "Lisbon", "Portugal", 1204, 38.7, -9.1),
            city(3, "Sintra", "Portugal", 31, 38.8, -9.4),
            city(4, "Springfield", "United States", 2, 39.8, -89.6, region: "Illinois"),
            city(5, "鎌倉市", "日本", 7, 35.3, 139.5),
        ], unplaced: 3,
        known: stride(from: -50.0, through: 70, by: 10).flatMap { latitude in
            stride(from: -170.0, through: 170, by: 20).map { position(latitude, $0) }
        })

    private func app(_ list: PlaceList? = list, columns: Int = 80, rows: Int = 24) -> RunningApp {
        var library = SampleLibrary([("2024-07", 14)])
        library.places = list
        var app = RunningApp(library, columns: columns, rows: rows)
        app.start()
        app.press("P")
        return app
    }

    @Test("Countries have their cities below them, each with its photos")
    func golden() throws {
        var app = app()
        app.press("j j j")
        try expectGolden(app.frame(), "places-80x24")
        try expectGolden(self.app(columns: 40, rows: 10).frame(), "places-40x10")
    }

    @Test("Without a place it is said why")
    func empty() throws {
        let none = app(PlaceList(cities: [], unplaced: 0))
        #expect(none.screen.contains("no photo has a position"))
        try expectGolden(app(PlaceList(cities: [], unplaced: 5)).frame(), "places-empty")
        var waiting = app(nil)
        #expect(waiting.screen.contains("loading"))
        let asked = waiting.effects.compactMap { if case .loadPlaceList(let id) = $0 { id } else { nil } }
        waiting.send(
            .failed(try #require(asked.last), EngineError(.unavailable, "the server is away", whatToDo: "start it")))
        #expect(waiting.screen.contains("the server is away"))
        let timer = waiting.effects.compactMap { if case .startTimer(let id, _) = $0 { id } else { nil } }.last
        waiting.library.places = Self.list
        waiting.send(.timerFired(try #require(timer)))
        #expect(waiting.screen.contains("Lisbon"))
    }

    @Test("Enter shows the photos taken there, and one comes back to the same place")
    func open() {
        var app = app()
        app.press("j j j enter")
        #expect(app.state.context == .timeline && app.state.timeline.search.text == "in:\"Lisbon, Portugal\"")
        app.press("esc P")
        #expect(app.state.context == .places && app.state.places.cursorRow?.place == "Lisbon, Portugal")
        app.press("G enter")
        #expect(app.state.timeline.search.text == "in:\"鎌倉市, 日本\"")
        app.press("P g enter")
        #expect(app.state.timeline.search.text == "in:\"Nepal\"")
    }

    @Test("The cursor keeps its city when others change the library, and leaving gives up what was asked")
    func changed() {
        var app = app()
        app.press("G")
        app.library.places = PlaceList(cities: Array(Self.list.cities.dropFirst()), unplaced: 0)
        app.send(.catalogChanged)
        #expect(app.state.places.cursorRow?.place == "鎌倉市, 日本" && !app.screen.contains("Nepal"))
        app.answers = false
        app.send(.catalogChanged)
        app.press("q")
        #expect(app.state.context == .timeline && app.state.places.request == nil)
        let cancelled = app.effects.contains { if case .cancel = $0 { true } else { false } }
        #expect(cancelled)
    }

    @Test("The map beside the list, or below one line where there is no room, the whole world and nearer")
    func map() throws {
        var wide = app(columns: 120, rows: 30)
        wide.press("m j j j")
        try expectGolden(wide.frame(), "places-map-120x30")
        var narrow = app()
        narrow.press("m G + + + +")
        try expectGolden(narrow.frame(), "places-map-80x24")
        narrow.press("0")
        #expect(narrow.state.places.zoom == 0)
        narrow.press("-")
        #expect(narrow.screen.contains("it is the whole world"))
        narrow.press("m +")
        #expect(narrow.state.places.zoom == 0 && narrow.screen.contains("m shows it"))
    }

    @Test("A click on the map goes to the city with most photos there, a second one to its photos")
    func click() throws {
        var app = app(columns: 120, rows: 30)
        app.press("m G")
        let map = app.state.places.mapArea
        let lisbon = try #require(app.state.places.frame(aspect: 0.5).cell(of: Self.position(38.7, -9.1)))
        let place = Position(row: map.row + lisbon.row, column: map.column + lisbon.column)
        #expect(app.state.places.cursorRow?.place == "鎌倉市, 日本")
        app.send(.input(.mouse(MouseEvent(.press(.left), at: place))))
        #expect(app.state.places.cursorRow?.place == "Lisbon, Portugal")
        app.send(.input(.mouse(MouseEvent(.press(.left), at: place))))
        #expect(app.state.timeline.search.text == "in:\"Lisbon, Portugal\"")
    }

    @Test("A map is true to shape in its middle, has the whole world where it is not nearer, and knows no date line")
    func frame() throws {
        for (columns, rows) in [(74, 20), (200, 12), (20, 40), (1, 1)] {
            let world = MapFrame(
                center: (60, 170), zoom: 0, size: GridSize(columns: columns, rows: rows), aspect: 0.5)
            for position in [Self.position(-54.8, -68.3), Self.position(69.6, 18.9), Self.position(-41, 174)] {
                #expect(world.cell(of: position) != nil, "\(columns)x\(rows) \(position)")
            }
        }
        let fiji = MapFrame(center: (-18, 179.5), zoom: 6, size: GridSize(columns: 80, rows: 24), aspect: 0.5)
        let (east, west) = (fiji.place(latitude: -18, longitude: -179.5), fiji.place(latitude: -18, longitude: 179.5))
        #expect(east.column > west.column && east.column - west.column < 40)
        // A square of 100 km in Oslo is a square on cells that are twice as high as wide.
        let oslo = MapFrame(center: (59.9, 10.7), zoom: 5, size: GridSize(columns: 80, rows: 24), aspect: 0.5)
        let center = oslo.place(latitude: 59.9, longitude: 10.7)
        let north = oslo.place(latitude: 59.9 + 100 / 111.195, longitude: 10.7)
        let right = oslo.place(latitude: 59.9, longitude: 10.7 + 100 / 111.195 / 0.5015)
        #expect(abs((right.column - center.column) / (center.row - north.row) - 2) < 0.02)
        #expect(abs(oslo.kilometres / Double(80) * (right.column - center.column) - 100) < 0.5)
    }
}
