import Core
import Search

extension OwnerTrial {
    static let searches: [OwnerTrial] = [
        OwnerTrial("search(_:after:limit:)") { own, other in
            for theirs in try await other.catalog.timeline(TimelineQuery(limit: 9)) {
                let page = try await own.catalog.search(SearchQuery(), after: theirs.position, limit: 9)
                try requireOwn(page.entries.map(\.id), of: own.photos, "a page behind the other's photo")
            }
            let found = try await own.catalog.search(SearchText.query("\(other.number)"), after: nil, limit: 9)
            try requireEqual(found.entries, [], "the other's photo")
        } use: { own in
            for (text, count) in [("", 5), ("jpg", 5), ("lisbon", 1), ("\(own.number)", 1), ("2024", 5)] {
                let found = try await own.catalog.search(SearchText.query(text), after: nil, limit: 9).entries
                try requireEqual(found.count, count, "what \(text) finds")
                try requireOwn(found.map(\.id), of: own.photos, "what \(text) finds")
            }
        },
        OwnerTrial("months(of:)") { own in
            let found = try await own.catalog.months(of: SearchQuery([.init([.init(.media(.jpeg))])]))
            try requireEqual(found, [MonthCount(month: Holding.month, count: 5)], "the months")
        },
        OwnerTrial("count(_:upTo:)") { own in
            try requireEqual(
                try await own.catalog.count(SearchText.query("jpg"), upTo: 9), SearchCount(count: 5, isBounded: false),
                "the photos")
        },
        OwnerTrial("photos(_:)") { own, other in
            try requireEqual(try await own.catalog.photos(other.photos), [], "the other's photos")
        } use: { own in
            try requireEqual(try await own.catalog.photos(own.photos).map(\.id), own.photos, "the photos")
        },
        OwnerTrial("suggestions(_:beginning:limit:)") { own in
            for (kind, text, expected) in [
                (SuggestionKind.name(.place), "", ["Lisbon 1"]), (.year, "", ["2024 5"]),
                (.word, "\(own.number)", ["\(own.number) 1"]),
            ] {
                let found = try await own.catalog.suggestions(kind, beginning: text, limit: 9)
                try requireEqual(found.map { "\($0.text) \($0.photoCount)" }, expected, "suggestions")
            }
        },
        OwnerTrial("noteSearch(_:)") { own in
            try await own.catalog.noteSearch("both")
            try await own.catalog.noteSearch("own \(own.number)")
        },
        OwnerTrial("searches(limit:)") { own in
            try requireEqual(
                Set(try await own.catalog.searches(limit: 9).map(\.text)), ["both", "own \(own.number)"], "the searches"
            )
        },
        OwnerTrial("forgetSearches(_:)") { own, other in
            try requireEqual(
                try await own.catalog.forgetSearches("own \(other.number)"), 0, "the other's search was forgotten")
        } use: { own in
            try requireEqual(try await own.catalog.forgetSearches(nil), 2, "the searches")
        },
        OwnerTrial("rebuildSearch()") { own in
            try requireEqual(try await own.catalog.rebuildSearch(), 0, "what was not as it should be")
        },
    ]
}
