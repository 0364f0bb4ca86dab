import Core
import PhotoEngine
import SystemPackage
import Workflows

/// A promotion's report, as text and as JSON.
enum PromotionFormat {
    /// Photos that are told one by one; JSON has more.
    static let mostFaults = 20

    static func json(_ report: PromotionReport, from source: PromotionPlace, to target: PromotionPlace) -> JSON {
        let objects = report.objects
        return .object([
            "outcome": .string(report.outcome.rawValue), "from": place(source), "to": place(target),
            "from_owner": .string(report.sourceOwner), "to_owner": .string(report.targetOwner),
            "photos": .count(report.photos), "bytes": .integer(report.bytes.bytes),
            "objects": .object([
                "sent": .count(objects.sent), "present": .count(objects.present), "verified": .count(objects.verified),
                "bytes_sent": .integer(objects.bytesSent), "removed": .count(objects.removed),
                "bytes_removed": .integer(objects.bytesRemoved),
            ]),
            "originals_in_place": .count(objects.inPlace), "photos_left_missing": .count(objects.left),
            "rows_compared": .count(report.rows), "new_photos": .count(report.newPhotos),
            "shares_left": .count(report.shares),
            "films": .object([
                "sent": .count(report.films.sent), "present": .count(report.films.present),
                "bytes_sent": .integer(report.films.bytesSent), "lost": .count(report.films.lost.count),
            ]),
            "films_lost": .array(report.films.lost.prefix(mostFaults).map { .rawText($0) }),
            "price_once": .decimal(report.price?.once),
            "price_monthly": .decimal(report.price?.monthly),
            "obstacles": .array(report.obstacles.map { .string($0.description) }), "seconds": .decimal(objects.seconds),
            "differences": .array(
                report.differences.map { difference in
                    .object([
                        "table": .string(difference.table), "missing": .count(difference.missing),
                        "surplus": .count(difference.surplus), "changed": .count(difference.changed),
                    ])
                }),
            "fault_count": .count(objects.faultCount),
            "faults": .array(
                objects.faults.map { fault in
                    .object([
                        "id": .string(fault.photo.description), "filename": .string(fault.filename),
                        "reason": .rawText(fault.reason),
                    ])
                }),
        ])
    }

    private static func place(_ place: PromotionPlace) -> JSON {
        switch place {
        case .folder(let folder): .object(JSON.path(folder))
        case .profile(let profile): .object(["profile": .string(profile.name)])
        }
    }

    private static func name(_ place: PromotionPlace) -> String {
        switch place {
        case .folder(let folder): ImportSummary.shown(folder)
        case .profile(let profile): displayEscaped("profile \(profile.name), owner \(profile.owner)")
        }
    }

    static func text(_ report: PromotionReport, from source: PromotionPlace, to target: PromotionPlace) -> String {
        let objects = report.objects
        let photos = "\(counted(report.photos, "photo")), \(report.bytes)"
        var lines: [String] = []
        switch report.outcome {
        case .planned:
            lines.append("\(photos), would go from \(name(source)) to \(name(target))")
            lines.append("\(counted(objects.sent, "object")), \(ByteCount(objects.bytesSent)), would be sent")
            if let price = report.price {
                let once = price.once > 0 ? ", and \(Money.text(price.once)) once for sending them" : ""
                lines.append("about \(Money.text(price.monthly)) a month\(once)")
            }
            lines += report.obstacles.map { displayEscaped("It would be refused: \($0)") }
        case .promoted:
            lines.append("\(photos), promoted from \(name(source)) to \(name(target))")
            lines.append(sums(objects))
            if report.rows > 0 { lines.append("\(counted(report.rows, "row")) of the catalogue compared: all alike") }
            lines.append("The library it came from is as it was. \(next(target))")
        case .unfinished:
            lines.append(sums(objects))
            lines.append(
                "Not promoted yet: \(counted(objects.faultCount, "photo")) can't go over. What is there is not sent again."
            )
        case .known:
            lines.append("\(name(source)) was promoted to \(name(target)) before. \(next(target))")
            if report.newPhotos > 0 {
                lines.append("\(counted(report.newPhotos, "photo")) came into it since: \(bringing(source, target))")
            }
        case .aborted:
            lines.append(
                "Given up: \(counted(objects.removed, "object")), \(ByteCount(objects.bytesRemoved)) of originals, removed "
                    + "from \(name(target)). \(name(source)) is as it was.")
            if case .profile = target {
                lines.append("Renditions stay in the bucket: photos of other owners may have the same.")
            }
        case .verified:
            lines.append(sums(objects))
            lines.append("\(counted(report.rows, "row")) of the catalogue compared")
            for difference in report.differences {
                lines.append(
                    "  \(difference.table): \(difference.missing) only in \(name(source)), \(difference.surplus) only in "
                        + "\(name(target)), \(difference.changed) not alike")
            }
            if report.differences.isEmpty, objects.faultCount == 0 { lines.append("The two are alike.") }
        }
        if objects.left > 0 { lines.append("\(counted(objects.left, "photo")) missing, and marked so there, too") }
        lines += films(report)
        if report.shares > 0 {
            lines.append(
                "\(counted(report.shares, "link")) stay with \(name(source)): phototui share revoke ends them there")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func films(_ report: PromotionReport) -> [String] {
        let films = report.films
        var lines: [String] = []
        if films.sent > 0 {
            let verb = report.outcome == .planned ? "would go" : films.sent == 1 ? "goes" : "go"
            lines.append(
                "\(counted(films.sent, "film")) of live photos, \(ByteCount(films.bytesSent)), \(verb) with them")
        }
        if let first = films.lost.first {
            let others = films.lost.count > 1 ? " and \(films.lost.count - 1) more" : ""
            lines.append(
                "\(counted(films.lost.count, "film")) of live photos can't be had, and \(films.lost.count == 1 ? "is" : "are") not "
                    + "there: \(displayEscaped(first))\(others)")
        }
        return lines
    }

    private static func sums(_ objects: ObjectTally) -> String {
        var parts = ["\(counted(objects.sent, "object")), \(ByteCount(objects.bytesSent)), sent"]
        if objects.present > 0 { parts.append("\(objects.present) there already") }
        if objects.inPlace > 0 { parts.append("\(counted(objects.inPlace, "original")) still in place") }
        parts.append("\(objects.verified) verified")
        return parts.joined(separator: "; ")
    }

    private static func next(_ target: PromotionPlace) -> String {
        switch target {
        case .folder(let folder): "Open it with: phototui --library \(ImportSummary.shown(folder))"
        case .profile(let profile):
            "Use it with --profile \(displayEscaped(profile.name)), or profile = \"\(displayEscaped(profile.name))\" in config.toml"
        }
    }

    private static func bringing(_ source: PromotionPlace, _ target: PromotionPlace) -> String {
        let words: [String] =
            switch (source, target) {
            case (.folder(let from), .profile(let to)):
                [String(decoding: from), "--profile", to.name, "--owner", to.owner]
            case (.profile(let from), .folder(let to)): [from.name, "--library", String(decoding: to)]
            default: []
            }
        return OwnCommand(name: "phototui", library: nil).line(["import", "library"] + words)
    }
}
