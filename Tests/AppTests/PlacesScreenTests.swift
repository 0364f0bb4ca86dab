import Core
import Grid
import Testing

@testable import App

@Suite("The places on screen")
struct PlacesScreenTests {
    private static func city(_ id: Int64, _ name: String, _ country: String, _ count: Int, region: String? = nil)
        -> CityCount
    {
        CityCount(
            city: City(
                id: id, name: name, region: region, countryCode: "XX", country: country,
                position: GeoPosition(latitude: 1, longitude: 1)!, timeZone: nil), count: count)
    }

    private static let list = PlaceList(
        cities: [
            city(1, "Kathmandu\u{1b}[2J", "Nepal", 1), city(2, "Lisbon", "Portugal", 1204),
            city(3, "Sintra", "Portugal", 31), city(4, "Springfield", "United States", 2, region: "Illinois"),
            city(5, "鎌倉市", "日本", 7),
        ], unplaced: 3)

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
}
