import Core
import PhotoEngine

/// How places are written, as JSON and as text.
enum PlaceFormat {
    struct Country {
        let code: String
        let name: String
        let cities: [CityCount]
        var count: Int { cities.reduce(0) { $0 + $1.count } }
    }

    /// In the order of the cities.
    static func countries(_ cities: [CityCount]) -> [Country] {
        var countries: [Country] = []
        for group in cities.chunked(by: { $0.city.country == $1.city.country }) {
            countries.append(Country(code: group[0].city.countryCode, name: group[0].city.country, cities: group))
        }
        return countries
    }

    static func json(_ country: Country) -> JSON {
        .object([
            "code": .string(country.code), "country": .string(country.name), "photos": .count(country.count),
            "cities": .array(country.cities.map { .object(fields($0.city) + [("photos", .count($0.count))]) }),
        ])
    }

    static func fields(_ city: City) -> [(name: String, value: JSON)] {
        [
            ("id", .string("\(city.id)")), ("city", .string(city.name)), ("region", .text(city.region)),
            ("country", .string(city.country)), ("latitude", .decimal(city.position.latitude)),
            ("longitude", .decimal(city.position.longitude)), ("time_zone", .text(city.timeZone)),
        ]
    }

    static func text(_ countries: [Country]) -> String {
        var table = TextTable([("", .left), ("", .right)])
        for country in countries {
            table.add([displayEscaped(country.name), "\(country.count)"])
            for item in country.cities {
                let name = [item.city.name, item.city.region].compactMap { $0 }.joined(separator: ", ")
                table.add(["  " + displayEscaped(name), "\(item.count)"])
            }
        }
        return table.text(showsTitles: false)
    }
}

extension Array {
    /// Neighbours that belong together, in order.
    fileprivate func chunked(by belongs: (Element, Element) -> Bool) -> [[Element]] {
        reduce(into: []) { groups, element in
            if let last = groups.last?.last, belongs(last, element) {
                groups[groups.count - 1].append(element)
            } else {
                groups.append([element])
            }
        }
    }
}
