import Core
import SystemPackage

extension CatalogContract {
    static let timelineCases: [ContractCase<CatalogSubject>] = [
        ContractCase("An empty catalogue has no months, no photos and no faults") { subject in
            try requireEqual(try await subject.catalog.months(), [], "the months")
            try requireEqual(try await subject.catalog.ids(TimelineQuery(limit: 10)), [], "the timeline")
            try await subject.catalog.requireSound()
        },
        ContractCase("The timeline is newest first by the wall clock, then by id, from the year 1 to 9999") { subject in
            let times = [
                time(2024, 7, 3), time(1, 1), time(1969, 12, 31, hour: 23), time(9999, 12, 31), time(1970, 1),
                time(2024, 7, 3),
                time(1901, 2, 28), time(2024, 6, 30, hour: 23),
            ]
            for (number, time) in times.enumerated() { _ = try await subject.catalog.add(scanned(number, at: time)) }
            let entries = try await subject.catalog.timeline(TimelineQuery(limit: 100))
            let sorted = entries.sorted {
                ($0.captureTime.wallMicroseconds, $0.id) > ($1.captureTime.wallMicroseconds, $1.id)
            }
            try requireEqual(entries.map(\.id), sorted.map(\.id), "the order")
            try requireEqual(
                entries.map(\.captureTime.wallMicroseconds), times.map(\.wallMicroseconds).sorted(by: >), "the times")
            let months = try await subject.catalog.months()
            try requireEqual(
                months.map { "\($0.month) \($0.count)" },
                ["9999-12 1", "2024-07 2", "2024-06 1", "1970-01 1", "1969-12 1", "1901-02 1", "0001-01 1"],
                "the months")
        },
        ContractCase("Keyset pages, skipped pages and one long page agree, over all and in a month") { subject in
            var random = SeededRandom(seed: 7)
            let files = (0..<157).map { number in
                scanned(
                    number,
                    at: time(
                        2020 + Int.random(in: 0...1, using: &random), Int.random(in: 1...3, using: &random),
                        Int.random(in: 1...4, using: &random)))
            }
            _ = try await subject.catalog.record(files)
            for month in [nil, Month(year: 2021, month: 2), Month(year: 2020, month: 1), Month(year: 1999, month: 1)] {
                let all = try await subject.catalog.timeline(TimelineQuery(month: month, limit: 1000))
                if month == nil { try requireEqual(all.count, 157, "the photos in one page") }
                try require(
                    all.allSatisfy { month == nil || $0.captureTime.month == month }, "every photo is of the month")
                var paged: [TimelineEntry] = []
                while true {
                    let page = try await subject.catalog.timeline(
                        TimelineQuery(month: month, after: paged.last?.position, limit: 13))
                    if page.isEmpty { break }
                    paged += page
                }
                try requireEqual(paged, all, "the pages by cursor")
                for skip in [0, 1, 12, 50, all.count, all.count + 5] {
                    let page = try await subject.catalog.timeline(TimelineQuery(month: month, skip: skip, limit: 10))
                    try requireEqual(page, Array(all.dropFirst(skip).prefix(10)), "the page after \(skip) photos")
                }
                if all.count > 9 {
                    let page = try await subject.catalog.timeline(
                        TimelineQuery(month: month, after: all[3].position, skip: 4, limit: 2))
                    try requireEqual(page, Array(all[8..<10]), "the page 4 after the cursor")
                }
                let full = try await subject.catalog.photos(TimelineQuery(month: month, skip: 2, limit: 20))
                try requireEqual(full.map(\.id), all.dropFirst(2).prefix(20).map(\.id), "the photos in full")
            }
        },
        ContractCase("A cursor outside the month gives all of it or nothing") { subject in
            for number in 0..<6 { _ = try await subject.catalog.add(scanned(number, at: time(2024, 1 + number % 3))) }
            let newest = try await subject.catalog.timeline(TimelineQuery(limit: 1))[0].position
            let oldest = try await subject.catalog.timeline(TimelineQuery(limit: 10)).last!.position
            let month = Month(year: 2024, month: 2)
            try requireEqual(
                try await subject.catalog.ids(TimelineQuery(month: month, after: newest, limit: 10)).count, 2,
                "photos behind a newer cursor")
            try requireEqual(
                try await subject.catalog.ids(TimelineQuery(month: month, after: oldest, limit: 10)).count, 0,
                "photos behind an older cursor")
        },
        ContractCase("Places of a month come with the most photos first") { subject in
            for (number, place) in ["Sintra", "Lisbon", "Lisbon", nil, "Porto", "Lisbon", "Porto"].enumerated() {
                _ = try await subject.catalog.addProcessed(number) { $0.place = place }
            }
            let month = Month(year: 2024, month: 7)!
            try requireEqual(
                try await subject.catalog.places(in: month, limit: 10), ["Lisbon", "Porto", "Sintra"], "the places")
            try requireEqual(try await subject.catalog.places(in: month, limit: 1), ["Lisbon"], "the first place")
            try requireEqual(
                try await subject.catalog.places(in: Month(year: 2023, month: 7)!, limit: 10), [],
                "another month's places")
        },
        ContractCase("One owner never sees or changes what another has") { subject in
            let mine = try await subject.catalog.addProcessed(1) { $0.place = "Here" }
            let theirs = try await subject.stranger.add(scanned(1, path: "/photos/1.jpg"))
            try require(mine != theirs, "the same bytes are two photos for two owners")
            try requireEqual(
                try await subject.stranger.ids(TimelineQuery(limit: 9)), [theirs], "the stranger's timeline")
            try requireEqual(
                try await subject.stranger.places(in: Month(year: 2024, month: 7)!, limit: 9), [],
                "the stranger's places")
            try requireEqual(try await subject.stranger.photo(mine), nil, "a photo by another's id")
            try requireEqual(try await subject.stranger.photo(sha256: digest(1))?.id, theirs, "a photo by its bytes")
            try requireEqual(try await subject.stranger.files(of: mine), [], "another's files")
            try requireEqual(
                try await subject.stranger.setFavourite(true, photos: [mine]), 0, "another's flags changed")
            try requireEqual(try await subject.stranger.photos(after: nil, limit: 9).map(\.id), [theirs], "all photos")
            try requireEqual(try await subject.stranger.enqueueProcessing([mine]), 0, "another's jobs added")
            let job = try await subject.stranger.claimAll()[0]
            try requireEqual(try await subject.catalog.job(job.id), nil, "another's job")
            try requireEqual(
                try await subject.catalog.finish(job.id, worker: "w", processed: processed(1)), false,
                "another's job ended")
            try requireEqual(try await subject.catalog.jobCounts(), [.succeeded: 1], "the counts of jobs")
            try await subject.catalog.markMissing(["/photos/1.jpg"])
            try requireEqual(
                try await subject.stranger.photo(theirs)?.isMissing, false, "the stranger's photo is missing")
            try await subject.catalog.requireSound()
            try await subject.stranger.requireSound()
        },
    ]
}
