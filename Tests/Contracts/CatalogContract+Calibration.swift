import Core

extension CatalogContract {
    static let calibrationCases: [ContractCase<CatalogSubject>] = [
        ContractCase("Answers are counted by distance, and a new one on a pair stands in place of the old") { subject in
            let catalog = subject.catalog
            var photos: [PhotoID] = []
            for number in 1...4 { photos.append(try await catalog.addCompared(number, UInt64(number))) }
            try requireEqual(try await catalog.calibrationCounts(), [], "the answers before any")
            try await catalog.keep([
                CalibrationAnswer(photos[0], photos[1], distance: 5, isSame: true),
                CalibrationAnswer(photos[2], photos[3], distance: 2, isSame: true),
                CalibrationAnswer(photos[1], photos[2], distance: 5, isSame: true),
            ])
            try await subject.second.keep([CalibrationAnswer(photos[1], photos[0], distance: 5, isSame: false)])
            try requireEqual(
                try await catalog.calibrationCounts(),
                [
                    CalibrationCount(distance: 2, answers: 1, same: 1),
                    CalibrationCount(distance: 5, answers: 2, same: 1),
                ], "the answers")
            try requireEqual(try await subject.stranger.calibrationCounts(), [], "a stranger's")
            var refused = false
            do {
                try await catalog.keep([
                    CalibrationAnswer(photos[0], photos[3], distance: 1, isSame: true),
                    CalibrationAnswer(
                        photos[0], PhotoID(clock: subject.clock, random: SystemRandom()), distance: 1, isSame: true),
                ])
            } catch let error as EngineError { refused = error.code == .notFound }
            try require(refused, "an answer on an unknown photo is refused")
            try requireEqual(try await catalog.calibrationCounts().count, 2, "and the one beside it")
            try await catalog.requireSound()
        },
        ContractCase("Clusters to ask about are of every distance in turns, small enough, and not answered") {
            subject in
            let catalog = subject.catalog
            var clusters: [Int: Set<ClusterID>] = [:]
            var pairs: [ClusterID: (PhotoID, PhotoID)] = [:]
            for number in 0..<12 {
                let first = try await catalog.addCompared(10 * number, UInt64(number) << 32)
                let id = ClusterID(first: first)
                // Distances 0, 3 and 7, the nearer ones more often; one cluster of three.
                let distance = number < 7 ? 0 : number < 10 ? 3 : 7
                for copy in 1...(number == 8 ? 2 : 1) {
                    let photo = try await catalog.addHashed(10 * number + copy, UInt64(number) << 32)
                    let evidence = LikenessEvidence(
                        distance: copy == 1 ? distance : 0, similarity: 0.9, orientation: .upright)
                    let change: ClusterChange = copy == 1 ? .founded(id, photo.photo) : .joined(photo.photo, id)
                    try require(
                        try await catalog.record([change], of: photo, evidence: [photo.photo: evidence]),
                        "it is recorded")
                    pairs[id] = (first, photo.photo)
                }
                clusters[distance, default: []].insert(id)
            }
            let all = try await catalog.clustersToCalibrate(limit: 99)
            try requireEqual(Set(all), Set(clusters.values.joined()), "all of them")
            for turn in 0..<2 {
                let distances = all[(turn * 3)..<(turn * 3 + 3)].map { id in clusters.first { $1.contains(id) }?.key }
                try requireEqual(distances, [0, 3, 7], "the distances of turn \(turn)")
            }
            try requireEqual(
                try await subject.second.clustersToCalibrate(limit: 4), Array(all.prefix(4)),
                "the same again, fewer")
            try requireEqual(
                try await subject.stranger.clustersToCalibrate(limit: 99), [], "a stranger's")
            let answered = try requirePresent(pairs[all[1]], "its photos")
            try await catalog.keep([CalibrationAnswer(answered.0, answered.1, distance: 3, isSame: false)])
            try requireEqual(
                try await catalog.clustersToCalibrate(limit: 99).sorted(),
                all.filter { $0 != all[1] }.sorted(), "those left")
        },
        ContractCase("A denial is of two photos that are in the cluster now, and ends with the answer") { subject in
            let catalog = subject.catalog
            var clusters: [[PhotoID]] = []
            for (number, size) in [3, 2].enumerated() {
                let bits = UInt64(number) << 32
                var photos = [try await catalog.addCompared(10 * number, bits)]
                for copy in 1..<size {
                    photos.append(try await catalog.addCompared(10 * number + copy, bits, like: photos[0]))
                }
                clusters.append(photos)
            }
            let (photos, others) = (clusters[0], clusters[1])
            let (id, other) = (ClusterID(first: photos[0]), ClusterID(first: others[0]))
            try requireEqual(try await catalog.denials(in: [id]), [nil], "the denial before any answer")
            let denial = CalibrationAnswer(photos[2], photos[1], distance: 3, isSame: false)
            try await catalog.keep([
                denial, CalibrationAnswer(photos[0], photos[1], distance: 1, isSame: true),
                CalibrationAnswer(photos[0], others[0], distance: 1, isSame: false),
            ])
            try requireEqual(
                try await subject.second.denials(in: [other, id]), [nil, denial],
                "the denial, where another is of two clusters")
            try requireEqual(try await subject.stranger.denials(in: [id]), [nil], "a stranger's")
            try await catalog.keep([CalibrationAnswer(photos[1], photos[2], distance: 3, isSame: true)])
            try requireEqual(try await catalog.denials(in: [id]), [nil], "the denial that was taken back")
        },
        ContractCase("The calibration decided last holds, is of its owner alone, and stands in the journal") {
            subject in
            let catalog = subject.catalog
            try requireEqual(try await catalog.calibration(), nil, "the calibration before any")
            let one = try await catalog.addCompared(1, 1)
            let two = try await catalog.addCompared(2, 2)
            try await catalog.keep([CalibrationAnswer(one, two, distance: 4, isSame: true)])
            let first = try await catalog.calibrate(precision: 0.9, distance: nil, actor: "anna", reason: "")
            try requireEqual(try await subject.second.calibration(), first, "the first")
            try requireEqual(first.answers, 1, "its answers")
            let last = try await subject.second.calibrate(
                precision: 0.75, distance: 4, actor: "bert", reason: "ticket 4711")
            try requireEqual(try await catalog.calibration(), last, "the last")
            try requireEqual(
                [last.precision, Double(last.distance ?? -1)], [0.75, 4], "what was asked, and what came of it")
            try requireEqual(try await subject.stranger.calibration(), nil, "a stranger's")
            let journal = try await catalog.journal(limit: 9)
            try requireEqual(journal.map(\.actor).sorted(), ["anna", "bert"], "the journal")
            try requireEqual(
                journal.filter { $0.outcome.hasSuffix(": ticket 4711") }.map(\.actor), ["bert"], "who told why")
        },
    ]
}
