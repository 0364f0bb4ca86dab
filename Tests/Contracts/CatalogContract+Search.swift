import Core
import Search
import SystemPackage

extension Catalog {
    /// The numbers of the photos that a search finds, in order; as they were added, from 1 on.
    func found(_ text: String, of photos: [PhotoID]) async throws -> [Int] {
        let page = try await search(SearchText.query(text), after: nil, limit: 99)
        return page.entries.map { entry in (photos.firstIndex(of: entry.id) ?? -1) + 1 }
    }

    fileprivate func requireFound(
        _ expected: [Int], by text: String, of photos: [PhotoID], _ notes: [SearchNote] = []
    ) async throws {
        try requireEqual(try await found(text, of: photos).sorted(), expected, "what \(text) finds")
        let page = try await search(SearchText.query(text), after: nil, limit: 99)
        try requireEqual(page.notes, notes, "what is said of \(text)")
        try requireEqual(
            try await count(SearchText.query(text), upTo: 99), SearchCount(count: expected.count, isBounded: false),
            "how many \(text) finds")
    }

    /// Makes the index anew: a fault is told once.
    func requireIndexed(_ when: String) async throws {
        try requireEqual(try await rebuildSearch(), 0, "where the index is not what is built anew, \(when)")
        try await requireSound()
    }

    /// A small library with something of everything.
    fileprivate func addSamples() async throws -> [PhotoID] {
        let photos = [
            try await addProcessed(1, path: "/photos/IMG_2041.JPG") {
                $0.captureTime = time(2019, 7, 3, source: .exif)
                ($0.cameraMake, $0.cameraModel, $0.lens) = ("FUJIFILM", "X100V", "23mm F2")
                ($0.exposure.iso, $0.exposure.aperture, $0.exposure.seconds) = (1600, 1.8, 0.002)
                $0.caption = "Café at the harbour"
                $0.position = GeoPosition(latitude: 38.71, longitude: -9.14, altitude: nil)
                $0.place = "Lisbôn, Portugal"
            },
            try await addProcessed(2, path: "/photos/Straße_20200512.jpg") {
                $0.captureTime = time(2020, 5, 12, source: .exif)
                ($0.cameraMake, $0.cameraModel, $0.lens) = ("Canon", "Canon EOS 5D", "EF 35mm f/1.4")
                ($0.exposure.iso, $0.exposure.focalLength) = (100, 35)
                ($0.keywords, $0.rating) = (["Łódź", "night sky"], 4)
            },
            try await addProcessed(3, path: "/photos/東京タワー.jpg") {
                $0.captureTime = time(2021, 7, 1, source: .exif)
                $0.rating = 5
                $0.position = GeoPosition(latitude: -17.8, longitude: 179.98, altitude: nil)
            },
            try await add(scanned(4, path: "/photos/100%_sure*.jpg", at: time(2021, 12))),
        ]
        try await edit(.addTags([.tag("work"), .tag("New York")]), [photos[1], photos[2]])
        _ = try await addAlbum("Trips/Lisboa", [photos[0], photos[3]])
        try await edit(.favourite(true), [photos[3]])
        return photos
    }
}

extension CatalogContract {
    static let searchCases: [ContractCase<CatalogSubject>] = [
        ContractCase("A search finds words wherever they are, without regard to case and accents") { subject in
            let catalog = subject.catalog
            let photos = try await catalog.addSamples()
            for (text, numbers) in [
                ("", [1, 2, 3, 4]), ("img_2041", [1]), ("2041", [1]), ("IMG_2041.jpg", [1]), ("jpg", [1, 2, 3, 4]),
                ("lisbon", [1]), ("LISBÔN", [1]), ("lis", [1, 4]), ("cafe", [1]), ("café harbour", [1]),
                ("harbour lodz", []), ("lodz", [2]), ("STRASSE", [2]), ("straße", [2]), ("x100", [1]),
                ("fujifilm x100v", [1]), ("35mm", [2]), ("work", [2, 3]), ("new york", [2, 3]), ("\"york new\"", []),
                ("\"night sky\"", [2]), ("\"sky night\"", []), ("\"harbour fujifilm\"", []), ("東京", [3]),
                ("タワー", [3]), ("京東", []), ("lisboa", [1, 4]), ("trips", [1, 4]), ("lisbon OR lodz", [1, 2]),
                ("-work", [1, 4]), ("-work -lisboa", []), ("lisboa -is:favourite", [1]), ("100%", [1, 4]),
                ("sure*", [4]), ("arbour", []), ("h", []), ("5d", [2]),
            ] {
                try await subject.second.requireFound(numbers, by: text, of: photos)
            }
            try await catalog.requireIndexed("at the end")
        },
        ContractCase("Photos of one month with figures of many kinds are found, whichever lists are read") { subject in
            let catalog = subject.catalog
            var (photos, years): ([PhotoID], [Int]) = ([], [])
            for number in 0..<180 {
                let (kind, year) = (number % 20, 2001 + number / 20)
                years.append(year)
                photos.append(
                    try await catalog.addProcessed(number + 1, path: FilePath("/photos/\(number).jpg")) {
                        $0.captureTime = time(year, 3, 1 + kind, source: .exif)
                        $0.exposure.iso = 100 << (kind % 5)
                        $0.exposure.aperture = [1.4, 2.8, 5.6, 11][kind / 5]
                    })
            }
            func expected(_ year: Int, _ isWanted: (Int) -> Bool) -> [Int] {
                years.indices.filter { years[$0] == year && isWanted($0 % 20) }.map { $0 + 1 }
            }
            for (text, numbers) in [
                ("2004-03 iso:>=100", expected(2004) { _ in true }),
                ("2004-03 iso:>100", expected(2004) { $0 % 5 > 0 }),
                ("2004-03 iso:>=100 f:<6 -iso:800", expected(2004) { $0 < 15 && $0 % 5 != 3 }),
                ("2004-03-05..2004-03-06 iso:>=100", expected(2004) { 4...5 ~= $0 }), ("2004-04 iso:>=100", []),
            ] {
                try await catalog.requireFound(numbers, by: text, of: photos)
            }
        },
        ContractCase("Fields of a search ask for one thing each") { subject in
            let catalog = subject.catalog
            let photos = try await catalog.addSamples()
            for (text, numbers) in [
                ("camera:x100", [1]), ("camera:canon", [2]), ("camera:\"canon eos\"", [2]), ("lens:35", [2]),
                ("lens:23 camera:x100", [1]), ("-camera:canon", [1, 3, 4]), ("tag:work", [2, 3]), ("tag:york", [2, 3]),
                ("-tag:work", [1, 4]), ("album:trips", [1, 4]), ("album:\"Trips/Lisboa\"", [1, 4]),
                ("in:lisbon", [1]), ("in:portugal", [1]), ("iso:>800", [1]), ("iso:1600", [1]),
                ("iso:100..1600", [1, 2]),
                ("-iso:>800", [2, 3, 4]), ("f:<2", [1]), ("f:1.8", [1]), ("shutter:<1/250", [1]),
                ("shutter:<1/1000", []),
                ("focal:>=35", [2]), ("rating:>=4", [2, 3]), ("rating:5", [3]), ("rating:0..3", []),
                ("is:favourite", [4]), ("no:gps", [2, 4]), ("has:gps", [1, 3]), ("no:date", [4]),
                ("no:rating", [1, 4]),
                ("no:tag", [1, 4]), ("tag:lodz", [2]), ("tag:night", [2]), ("tag:\"night sky\"", [2]),
                ("-tag:lodz", [1, 3, 4]), ("tag:york tag:lodz", [2]), ("tag:lodz OR is:favourite", [2, 4]),
                ("has:tag", [2, 3]), ("no:album", [2, 3]), ("no:camera", [3, 4]), ("type:jpeg", [1, 2, 3, 4]),
                ("type:raw", []), ("near:38.7,-9.1,5km", [1]), ("near:38.7,-9.1,1km", []),
                ("near:-17.8,-179.98,10km", [3]), ("near:0,0,1000km", []), ("2019", [1]), ("2019..2020", [1, 2]),
                ("2021-07", [3]), ("2021-07-01", [3]), ("july", [1, 3]), ("july 2021", [3]), ("date:2021..", [3, 4]),
                ("date:<2020", [1]), ("..2019", [1]), ("-2021", [1, 2]), ("2019 OR 2020", [1, 2]),
                ("width:>=4000", [1, 2, 3]),
                ("height:>3000", []), ("size:<2kb", [1, 2, 3, 4]), ("size:>1GB", []), ("2020051", [2]),
            ] {
                try await subject.second.requireFound(numbers, by: text, of: photos)
            }
            try await catalog.requireFound([], by: "type:video", of: photos, [.noVideos])
            try await catalog.requireFound([], by: "tag:nothing", of: photos, [.unknown(.tag, "nothing")])
            try await catalog.requireFound([], by: "in:oslo", of: photos, [.unknown(.place, "oslo")])
            try await subject.stranger.requireFound([], by: "in:lisbon", of: [], [.noPlaces])
        },
        ContractCase("A misspelt word is taken for words like it, where none is as it was written") { subject in
            let catalog = subject.catalog
            let photos = try await catalog.addSamples()
            for (text, numbers, meant) in [
                ("lisbin", [1], ["lisbon"]), ("habrour", [1], ["harbour"]), ("fujfilm", [1], ["fujifilm"]),
                ("camera:fujiflim", [1], ["fujifilm"]), ("wrok", [2, 3], ["work"]), ("protugla", [1], ["portugal"]),
            ] {
                let word = String(text.split(separator: ":").last ?? "")
                try await catalog.requireFound(numbers, by: text, of: photos, [.takenFor(word, meant)])
            }
            // Another first letter, a word in quotes, digits, and what is too short or too far off.
            for text in ["kisbon", "\"lisbin\"", "2042", "caf3", "wrk", "harxxur"] {
                try await catalog.requireFound([], by: text, of: photos)
            }
            // A word that is there means itself.
            try await catalog.requireFound([1, 4], by: "lisboa", of: photos)
        },
        ContractCase("Archived photos and those in the trash are found where they are asked for") { subject in
            let catalog = subject.catalog
            let photos = try await catalog.addSamples()
            try await catalog.edit(.archived(true), [photos[0]])
            try await catalog.requireFound([4], by: "lisboa", of: photos)
            try await catalog.requireFound([1], by: "lisboa is:archived", of: photos)
            try await catalog.requireFound([1], by: "is:archived", of: photos)
            try await catalog.requireFound([1, 4], by: "lisboa is:archived OR is:favourite", of: photos)
            try await catalog.edit(.archived(false), [photos[0]])
            let one = try await catalog.addCompared(11, 1) { $0.caption = "kept" }
            let two = try await catalog.addCompared(12, 3, like: one) { $0.caption = "trashed blossom" }
            try await catalog.edit(.addTags([.tag("spring")]), [two])
            let resolution = try await catalog.resolve(
                ResolutionRequest(cluster: ClusterID(first: one), keeper: one, members: [one, two], actor: "a"))
            let all = photos + [one, two]
            // The keeper took over what the other one had.
            try await catalog.requireFound([5], by: "spring", of: all)
            try await catalog.requireFound([5], by: "blossom", of: all)
            try await catalog.requireFound([6], by: "blossom is:trashed", of: all)
            try await catalog.requireFound([6], by: "tag:spring is:trashed", of: all)
            try await catalog.requireIndexed("with a photo in the trash")
            _ = try await catalog.undo(resolution.id, actor: "a")
            try await catalog.requireFound([6], by: "blossom", of: all)
            try await catalog.requireFound([6], by: "spring", of: all)
            try await catalog.requireIndexed("after the way back")
            let again = try await catalog.resolve(
                ResolutionRequest(cluster: ClusterID(first: one), keeper: one, members: [one, two], actor: "a"))
            _ = try await catalog.remove(
                two, trashedAt: again.resolvedAt, forgetting: [], actor: "a", reason: "")
            try await catalog.requireFound([], by: "blossom is:trashed", of: all)
            try await catalog.requireIndexed("after the trash was emptied")
        },
        ContractCase("What searches find follows every edit and its way back") { subject in
            let catalog = subject.catalog
            let photos = try await catalog.addSamples()
            func tried(_ change: EditChange, _ some: [PhotoID], _ after: [String: [Int]], _ before: [String: [Int]])
                async throws
            {
                for (text, numbers) in before { try await catalog.requireFound(numbers, by: text, of: photos) }
                try await catalog.edit(change, some)
                for (text, numbers) in after { try await catalog.requireFound(numbers, by: text, of: photos) }
                try await catalog.requireIndexed("after an edit")
                let edit = try await catalog.lastEdit()
                _ = try await catalog.undo(edit)
                for (text, numbers) in before { try await catalog.requireFound(numbers, by: text, of: photos) }
                try await catalog.requireIndexed("after it was taken back")
            }
            try await tried(.caption("Zugspitze"), [photos[0]], ["zugspitze": [1], "harbour": []], ["harbour": [1]])
            try await tried(.caption(nil), [photos[0]], ["harbour": []], ["harbour": [1]])
            try await tried(.addTags([.tag("Überraschung")]), [photos[2]], ["uberraschung": [3]], ["uberraschung": []])
            let work = try await catalog.tagID("work")
            try await tried(
                .renameTag(work, .tag("Büro")), [], ["buro": [2, 3], "work": []], ["buro": [], "work": [2, 3]])
            let york = try await catalog.tagID("New York")
            try await tried(
                .mergeTags([work], into: york), [], ["york": [2, 3], "work": []], ["york": [2, 3], "work": [2, 3]])
            let album = try requirePresent(try await catalog.album(named: .album("Trips/Lisboa")), "the album")
            try await tried(
                .renameAlbum(album.id, .album("Ferien")), [], ["ferien": [1, 4], "trips": []],
                ["ferien": [], "trips": [1, 4]])
            try await tried(.deleteAlbum(album.id), [], ["trips": []], ["trips": [1, 4]])
            try await tried(.removeFromAlbum(album.id), [photos[3]], ["trips": [1]], ["trips": [1, 4]])
            // Read anew, the photo is of another time and camera.
            _ = try await catalog.enqueueProcessing([photos[0]])
            for job in try await catalog.claimAll() where job.photo == photos[0] {
                _ = try await catalog.finish(
                    job.id, worker: "w",
                    processed: processed(1) {
                        $0.captureTime = time(2009, 1, 5, source: .exif)
                        $0.cameraModel = "Pentax K-7"
                    })
            }
            for (text, numbers) in ["x100": [], "pentax": [1], "k7": [1], "2019": [], "2009": [1], "\"lisbon\"": []] {
                try await catalog.requireFound(numbers, by: text, of: photos)
            }
            try await catalog.requireIndexed("after it was read anew")
        },
        ContractCase("A keyword that was taken from a photo as a tag finds it no more, until that is undone") {
            subject in
            let catalog = subject.catalog
            let photos = [
                try await catalog.addProcessed(1) { $0.keywords = ["Night Sky", "sky"] },
                try await catalog.addProcessed(2) { $0.keywords = ["night sky"] },
                try await catalog.addProcessed(3) { $0.caption = "none" },
            ]
            try await catalog.edit(.addTags([.tag("night sky"), .tag("sky")]), Array(photos.prefix(2)))
            let (night, sky) = (try await catalog.tagID("night sky"), try await catalog.tagID("sky"))
            try await catalog.edit(.removeTags([night]), [photos[0]])
            let first = try await catalog.lastEdit()
            for (text, numbers) in [
                ("tag:night", [2]), ("tag:sky", [1, 2]), ("night", [2]), ("no:tag", [3]), ("-tag:night", [1, 3]),
            ] {
                try await catalog.requireFound(numbers, by: text, of: photos)
            }
            try await catalog.requireIndexed("without the keyword")
            try await catalog.edit(.removeTags([sky]), photos)
            let second = try await catalog.lastEdit()
            try await catalog.requireFound([2], by: "tag:sky", of: photos)
            try await catalog.requireFound([1, 3], by: "no:tag", of: photos)
            // Its file still says it when it is read anew.
            _ = try await catalog.enqueueProcessing([photos[0]])
            for job in try await catalog.claimAll() where job.photo == photos[0] {
                _ = try await catalog.finish(
                    job.id, worker: "w", processed: processed(1) { $0.keywords = ["Night Sky", "sky", "moon"] })
            }
            try await catalog.requireFound([2], by: "tag:sky", of: photos)
            try await catalog.requireFound([1], by: "tag:moon", of: photos)
            _ = try await catalog.undo(second)
            try await catalog.requireFound([1, 2], by: "tag:sky", of: photos)
            try await catalog.requireFound([2], by: "tag:night", of: photos)
            _ = try await catalog.undo(first)
            try await catalog.requireFound([1, 2], by: "tag:night", of: photos)
            try await catalog.requireIndexed("after the way back")
        },
        ContractCase("Conditions that rule each other out find nothing") { subject in
            let photos = try await subject.catalog.addSamples()
            for text in [
                "tag:work no:tag", "camera:canon no:camera", "lens:35 no:lens", "in:lisbon no:place",
                "rating:5 no:rating",
                "near:38.7,-9.1,5km no:gps", "is:favourite -is:favourite", "lisbon -lisbon",
            ] {
                try await subject.second.requireFound([], by: text, of: photos)
            }
            try await subject.second.requireFound([2, 3], by: "tag:work OR no:tag has:tag", of: photos)
        },
        SearchModel.case,
        ContractCase("Searches are paged newest first, whatever they ask for, and count no further than asked") {
            subject in
            let catalog = subject.catalog
            var photos: [PhotoID] = []
            for number in 1...30 {
                let name = "/photos/\(["sun", "sunset", "sunny", "moon"][number % 4])_\(number / 9).jpg"
                photos.append(
                    try await catalog.add(
                        scanned(number, path: FilePath("\(name)\(number).jpg"), at: time(2020, 1 + number / 4))))
            }
            try await catalog.edit(.addTags([.tag("sunken")]), photos.filter { $0.bytes[15].isMultiple(of: 3) })
            let order = try await catalog.timeline(TimelineQuery(limit: 99)).map(\.id)
            for text in ["", "sun", "sun OR moon", "2020", "-moon", "january OR sun", "jpg"] {
                let query = try SearchText.query(text)
                var paged: [TimelineEntry] = []
                while true {
                    let page = try await subject.second.search(query, after: paged.last?.position, limit: 4).entries
                    if page.isEmpty { break }
                    paged += page
                }
                let whole = try await catalog.search(query, after: nil, limit: 99).entries
                try requireEqual(paged, whole, "the pages of \(text)")
                let found = Set(whole.map(\.id))
                try requireEqual(whole.map(\.id), order.filter(found.contains), "the order of \(text)")
                try requireEqual(
                    try await catalog.count(query, upTo: 5), SearchCount(count: 5, isBounded: true), "more than 5")
                try requireEqual(
                    try await catalog.count(query, upTo: whole.count),
                    SearchCount(count: whole.count, isBounded: false), "no more than there are")
            }
            try requireEqual(try await catalog.search(SearchQuery(), after: nil, limit: 0).entries, [], "none wanted")
            let some = Array(order.prefix(5).reversed())
            try requireEqual(try await catalog.photos(some).map(\.id), some, "photos by their names")
        },
        ContractCase("Hostile searches are only text") { subject in
            let catalog = subject.catalog
            let photos = try await catalog.addSamples()
            let long = String(repeating: "a", count: 10_000)
            for text in [
                "'; DROP TABLE photos; --", "\" OR 1=1 --", "lisbon' AND 'a", "NEAR(a b)", "a* ^b", "{a b}", "\\",
                "a\\b",
                "\u{1B}[31mred", "\u{202E}nobsil", "👩‍👩‍👧", "🎉🎉", long, "\"\(long)", "iso:999999999999",
                "width:>99999999999",
                "date:9998", "0001..9998", "near:90,180,1000km", "near:-90,-180", "\u{0}\u{1}x", "tag:\"%\u{0}y\"",
                "ＡＢＣ",
                "rating:0", "\u{FFFD}x", "size:999999999999999", "_x_", "100\\%",
            ] {
                guard let query = try? SearchText.query(text) else { continue }
                let page = try await catalog.search(query, after: nil, limit: 9)
                try require(page.entries.count <= photos.count, "what \(text.prefix(20)) finds")
                _ = try await catalog.count(query, upTo: 9)
                _ = try await catalog.suggestions(.name(.tag), beginning: text, limit: 9)
                _ = try await catalog.suggestions(.word, beginning: text, limit: 9)
                try await catalog.noteSearch(text)
            }
            try await catalog.requireFound([1], by: "lisbon", of: photos)
            try await catalog.requireIndexed("after all of them")
        },
        ContractCase("Suggestions are names with a word that begins so, on most photos first, with how many") {
            subject in
            let catalog = subject.catalog
            let photos = try await catalog.addSamples()
            try await catalog.edit(.addTags([.tag("Worms")]), [photos[0]])
            func suggested(_ kind: SuggestionKind, _ text: String) async throws -> [String] {
                try await subject.second.suggestions(kind, beginning: text, limit: 9).map {
                    "\($0.text) \($0.photoCount)"
                }
            }
            try requireEqual(try await suggested(.name(.tag), "WÖR"), ["work 2", "Worms 1"], "tags")
            try requireEqual(try await suggested(.name(.tag), "york"), ["New York 2"], "tags by a later word")
            try requireEqual(try await suggested(.name(.album), ""), ["Trips/Lisboa 2"], "albums")
            try requireEqual(try await suggested(.name(.camera), "x1"), ["FUJIFILM X100V 1"], "cameras")
            try requireEqual(try await suggested(.name(.lens), "ef"), ["EF 35mm f/1.4 1"], "lenses")
            try requireEqual(try await suggested(.name(.place), "lisb"), ["Lisbôn, Portugal 1"], "places")
            try requireEqual(try await suggested(.year, ""), ["2021 2", "2020 1", "2019 1"], "years")
            try requireEqual(try await suggested(.year, "2021"), ["2021 2"], "a year")
            try requireEqual(try await suggested(.word, "har"), ["harbour 1"], "words")
            try requireEqual(
                try await subject.stranger.suggestions(.name(.tag), beginning: "", limit: 9), [], "a stranger's")
        },
        ContractCase(
            "Keywords of files are found as tags are, follow what the files say, and are listed where they are no tags"
        ) {
            subject in
            let catalog = subject.catalog
            let photos = [
                try await catalog.addProcessed(1) { $0.keywords = ["Łódź", "night sky", "Work"] },
                try await catalog.addProcessed(2) { $0.keywords = ["lodz", "Sky"] },
                try await catalog.addProcessed(3) { $0.caption = "work at night" },
                try await catalog.addProcessed(4) { $0.keywords = ["***", String(repeating: "much ", count: 800)] },
            ]
            func listed(_ text: String = "", after: String? = nil, limit: Int = 99) async throws -> [String] {
                try await subject.second.keywords(containing: text, after: after, limit: limit).map {
                    "\($0.name) \($0.photoCount)"
                }
            }
            for (text, numbers) in [
                ("tag:lodz", [1, 2]), ("tag:sky", [1, 2]), ("tag:\"night sky\"", [1]), ("tag:work", [1]),
                ("work", [1, 3]),
                ("-tag:work", [2, 3, 4]), ("no:tag", [3]), ("has:tag -tag:night", [2, 4]), ("tag:wrok", [1]),
            ] {
                let notes: [SearchNote] = text == "tag:wrok" ? [.takenFor("wrok", ["work"])] : []
                try await subject.second.requireFound(numbers, by: text, of: photos, notes)
            }
            try requireEqual(
                try await listed(), ["Łódź 2", "night sky 1", "Sky 1", "Work 1"], "the keywords that can be tags")
            try requireEqual(try await listed("SKY"), ["night sky 1", "Sky 1"], "those with a text in them")
            try requireEqual(try await listed(after: "Night Sky", limit: 1), ["Sky 1"], "a page of them")
            try requireEqual(
                try await subject.stranger.keywords(containing: "", after: nil, limit: 9), [], "a stranger's")
            try await catalog.edit(.addTags([.tag("WORK"), .tag("skyline")]), [photos[2]])
            try requireEqual(try await listed(), ["Łódź 2", "night sky 1", "Sky 1"], "without one that is a tag")
            try await catalog.requireFound([1, 3], by: "tag:work", of: photos)
            try await catalog.requireFound([1, 2, 3], by: "tag:sky", of: photos)
            let suggested = try await catalog.suggestions(.name(.tag), beginning: "sky", limit: 9)
            try requireEqual(suggested.map(\.text), ["night sky", "Sky", "skyline"], "what tags may be meant")
            // Read anew, the file says something else.
            _ = try await catalog.enqueueProcessing([photos[0]])
            for job in try await catalog.claimAll() where job.photo == photos[0] {
                _ = try await catalog.finish(job.id, worker: "w", processed: processed(1) { $0.keywords = ["sea"] })
            }
            try await catalog.requireFound([2], by: "tag:lodz", of: photos)
            try await catalog.requireFound([1], by: "tag:sea", of: photos)
            try requireEqual(try await listed(), ["Łódź 1", "sea 1", "Sky 1"], "what is left of them")
            try await catalog.requireIndexed("after all of them")
        },
        ContractCase("The last searches are kept, each once, up to a number") { subject in
            let catalog = subject.catalog
            for text in ["lisbon", "x100", "lisbon"] {
                subject.clock.advance(seconds: 1)
                try await catalog.noteSearch(text)
            }
            try requireEqual(
                try await subject.second.searches(limit: 9).map(\.text), ["lisbon", "x100"], "the searches")
            try requireEqual(try await subject.stranger.searches(limit: 9), [], "a stranger's")
            for number in 0...PastSearch.most {
                subject.clock.advance(seconds: 1)
                try await catalog.noteSearch("\(number)")
            }
            let kept = try await catalog.searches(limit: 999).map(\.text)
            try requireEqual(kept, (1...PastSearch.most).reversed().map { "\($0)" }, "those that are kept")
            try requireEqual(try await catalog.forgetSearches("7"), 1, "one")
            try requireEqual(try await catalog.forgetSearches(nil), PastSearch.most - 1, "all")
            try requireEqual(try await catalog.searches(limit: 9), [], "none")
        },
        ContractCase("The months of a search have the photos that it finds, however many") { subject in
            let catalog = subject.catalog
            let photos = try await catalog.addSamples()
            func months(_ text: String) async throws -> [String] {
                try await subject.second.months(of: SearchText.query(text)).map { "\($0.month) \($0.count)" }
            }
            try requireEqual(try await months(""), ["2021-12 1", "2021-07 1", "2020-05 1", "2019-07 1"], "all months")
            try requireEqual(try await months("work"), ["2021-07 1", "2020-05 1"], "those of a tag")
            try requireEqual(try await months("lisboa OR july"), ["2021-12 1", "2021-07 1", "2019-07 1"], "of either")
            try requireEqual(try await months("nothing at all"), [], "of nothing")
            try await catalog.edit(.archived(true), [photos[1]])
            try requireEqual(try await months("work"), ["2021-07 1"], "without the archived one")
            try requireEqual(try await months("work is:archived"), ["2020-05 1"], "of the archived one")
            try requireEqual(try await subject.stranger.months(of: SearchText.query("work")), [], "a stranger's")
            // More than are read at once, in two months, some at one moment.
            let many = (0..<2100).map {
                scanned(100 + $0, path: FilePath("/many/x\($0).jpg"), at: time(2015, $0 < 800 ? 3 : 4, 1 + $0 % 20))
            }
            _ = try await catalog.record(many)
            try requireEqual(try await months("x* 2015"), ["2015-04 1300", "2015-03 800"], "of very many")
        },
        ContractCase("A saved search is found by its whole name, as if its text stood there, and never by itself") {
            subject in
            let catalog = subject.catalog
            let photos = try await catalog.addSamples()
            try await catalog.edit(.createAlbum(.album("Best"), description: "", query: "rating:>=4"))
            try await catalog.edit(.createAlbum(.album("Old/Best"), description: "", query: "album:best ..2020"))
            try await catalog.edit(.createAlbum(.album("Away"), description: "", query: "is:archived"))
            for (text, numbers) in [
                ("album:best", [2, 3]), ("album:Best 2020", [2]), ("-album:best", [1, 4]), ("album:\"Old/Best\"", [2]),
                ("album:best OR is:favourite", [2, 3, 4]), ("album:old/best OR album:lisboa", [1, 2, 4]),
                ("album:best album:old/best", [2]), ("album:away", []),
            ] {
                try await subject.second.requireFound(numbers, by: text, of: photos)
            }
            try await catalog.requireFound([], by: "album:bes", of: photos, [.unknown(.album, "bes")])
            try await subject.stranger.requireFound([], by: "album:best", of: [], [.unknown(.album, "best")])
            // What it names of the hidden is found by its name, too.
            try await catalog.edit(.archived(true), [photos[0], photos[1]])
            try await catalog.requireFound([1, 2], by: "album:away", of: photos)
            try await catalog.requireFound([2], by: "album:away album:best", of: photos)
            try await catalog.requireFound([3], by: "album:best", of: photos)
            _ = try await catalog.undo(try await catalog.lastEdit())
            // Beside the albums with the word in their names.
            _ = try await catalog.addAlbum("Best of all", [photos[0]])
            try await catalog.requireFound([1, 2, 3], by: "album:best", of: photos)
            func requireRefused(_ code: EngineError.Code, _ what: String, _ change: EditChange) async throws {
                try await Contracts.requireRefused(code, what) { try await catalog.edit(change) }
            }
            func saved(_ name: String, _ query: String) throws -> EditChange {
                .createAlbum(try .album(name), description: "", query: query)
            }
            try await requireRefused(.invalidInput, "one that is not understood", try saved("Bad", "iso:x"))
            try await requireRefused(.conflict, "one that looks into itself", try saved("Loop", "album:loop"))
            try await catalog.edit(saved("One", "album:two OR rating:5"))
            try await requireRefused(.conflict, "a round of two", try saved("Two", "2021 -album:one"))
            try await catalog.edit(saved("Three", "album:one"))
            let three = try requirePresent(try await catalog.album(named: .album("Three")), "the third").id
            try await requireRefused(.conflict, "a round by another name", .renameAlbum(three, try .album("Two")))
            try await catalog.requireFound([3], by: "album:three", of: photos, [.unknown(.album, "two")])
            // A way back is never refused, and the round then told.
            try await catalog.edit(.deleteAlbum(three))
            let gone = try await catalog.lastEdit()
            try await catalog.edit(saved("Two", "album:three"))
            try await catalog.requireFound([3], by: "album:one", of: photos, [.unknown(.album, "three")])
            _ = try await catalog.undo(gone)
            for text in ["album:one", "album:two", "album:three"] {
                try await Contracts.requireRefused(.conflict, text) {
                    _ = try await catalog.search(SearchText.query(text), after: nil, limit: 9)
                }
            }
            try await catalog.requireFound([2, 3], by: "rating:>=4", of: photos)
            try await catalog.requireSound()
        },
        ContractCase("A saved search is an album that nothing can be put into") { subject in
            let catalog = subject.catalog
            let photos = try await catalog.addSamples()
            try await catalog.edit(.createAlbum(.album("Best"), description: "", query: "rating:>=4"))
            let best = try requirePresent(try await subject.second.album(named: .album("best")), "the saved search")
            try requireEqual(best.query, "rating:>=4", "what it looks for")
            try requireEqual(
                try await catalog.albums(CollectionQuery(limit: 9)).map(\.name), ["Best", "Trips/Lisboa"], "the albums")
            try await requireRefused(.conflict, "adding a photo") {
                try await catalog.edit(.addToAlbum(best.id), photos)
            }
            try await requireRefused(.conflict, "an order") { try await catalog.edit(.orderAlbum(best.id, .hand)) }
            try await requireRefused(.invalidInput, "an empty search") {
                try await catalog.edit(.createAlbum(.album("None"), description: "", query: ""))
            }
            try await catalog.edit(.deleteAlbum(best.id))
            _ = try await catalog.undo(try await catalog.lastEdit())
            try requireEqual(try await catalog.album(named: .album("Best"))?.query, "rating:>=4", "after the way back")
            try await catalog.requireSound()
        },
    ]
}
