import Core
import PhotoEngine
import Workflows

/// How tiers are written.
enum TierFormat {
    static func tiers(_ report: TierReport) -> [JSON] {
        StorageTier.allCases.map { tier in
            let (now, due) = (report.sum(tier, of: \.now), report.sum(tier, of: \.due))
            return .object([
                "name": .string(tier.rawValue), "class": .string(report.classes[tier]), "photos": .count(now.photos),
                "bytes": .integer(now.bytes.bytes), "due_photos": .count(due.photos),
                "due_bytes": .integer(due.bytes.bytes),
            ])
        }
    }

    static func fields(_ report: TierReport) -> [(name: String, value: JSON)] {
        [
            ("provider", .text(report.provider)), ("storage", .string(report.storage)),
            ("warm_after_days", .count(report.rules.warmAfterDays)),
            ("cold_after_days", .count(report.rules.coldAfterDays)),
            ("to_move", .count(report.moves.reduce(0) { $0 + $1.photos })),
            ("price", .decimal(report.price?.once)), ("saved_monthly", .decimal(report.price?.savedMonthly)),
            ("obstacle", .text(report.obstacle?.description)),
        ]
    }

    static func json(_ report: TierReport, _ done: TierMoving.Report, isDry: Bool) -> JSON {
        .object(
            [
                ("dry_run", .bool(isDry)), ("interrupted", .bool(done.isInterrupted)), ("moved", .count(done.moved)),
                ("bytes", .integer(done.bytes.bytes)),
                (
                    "failed",
                    .array(
                        done.failed.map {
                            .object(["photo_id": .string("\($0.photo)"), "reason": .rawText($0.reason)])
                        })
                ),
            ] + [("tiers", .array(tiers(report)))] + fields(report))
    }

    static func text(_ report: TierReport) -> String {
        var table = TextTable([
            ("TIER", .left), ("CLASS", .left), ("PHOTOS", .right), ("BYTES", .right), ("TO BE", .right),
            ("BYTES", .right),
        ])
        for tier in StorageTier.allCases {
            let (now, due) = (report.sum(tier, of: \.now), report.sum(tier, of: \.due))
            table.add([
                tier.rawValue, displayEscaped(report.classes[tier]), "\(now.photos)", "\(now.bytes)", "\(due.photos)",
                "\(due.bytes)",
            ])
        }
        let rules = "warm after \(counted(report.rules.warmAfterDays, "day")), cold after \(report.rules.coldAfterDays)"
        if let obstacle = report.obstacle { return table.text() + "\(displayEscaped(obstacle.description)).\n" }
        return table.text() + "By age: \(rules). \(question(report)).\n"
    }

    /// `12 originals, 340 MB, are to be moved, for about $0.01; that saves about $0.40 a month`.
    static func question(_ report: TierReport) -> String {
        let photos = report.moves.reduce(0) { $0 + $1.photos }
        if photos == 0 { return "Every original is in its tier" }
        let bytes = report.moves.reduce(ByteCount(0)) { $0 + $1.bytes }
        let ways = report.moves.map { "\($0.photos) from \($0.now.rawValue) to \($0.due.rawValue)" }.joined(
            separator: ", ")
        let sentence = "\(counted(photos, "original")) of \(bytes) to be moved (\(ways))"
        guard let price = report.price else { return sentence + ", at a price that is not known here" }
        let days = price.minimumDays > 0 ? ", as long as it stays for \(price.minimumDays) days" : ""
        return sentence
            + ", for about \(Money.text(price.once)); that saves about \(Money.text(price.savedMonthly)) a month\(days)"
    }
}
