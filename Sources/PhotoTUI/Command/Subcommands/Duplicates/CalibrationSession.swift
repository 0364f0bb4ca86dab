import Core
import Foundation
import Grid
import PhotoEngine
import Terminal
import Workflows

/// Asks a person of each pair whether it is the same picture, side by side. Every answer is kept as it is given.
struct CalibrationSession: Sendable {
    let library: Library
    let calibration: DuplicateCalibration
    /// Whether "not the same" is decided for every later scan, too.
    let decides: Bool
    /// Why, for the journal of what is decided.
    let reason: String
    private let question = QuestionLine()
    private static let prompt = "Same picture? [y]es, [n]o, [s]kip, [b]ack, [q]uit, then enter: "
    private let profile: TerminalProfile?

    init(library: Library, calibration: DuplicateCalibration, decides: Bool, reason: String) {
        self.library = library
        self.calibration = calibration
        self.decides = decides
        self.reason = reason
        let environment = ProcessInfo.processInfo.environment
        profile =
            environment["TERM", default: "dumb"] == "dumb"
            ? nil : try? TerminalProfile(environment: environment).limited(to: library.configuration.graphics)
    }

    /// Goes through the pairs until the person has seen them all or ends it.
    func ask(_ pairs: [CalibrationPair]) async throws {
        var index = 0
        while index < pairs.count {
            try await show(pairs[index], number: index + 1, of: pairs.count)
            guard let answer = try await question.answer(to: Self.prompt) else { return Console.note("\n") }
            switch answer.lowercased() {
            case "y", "yes": if try await keep(pairs[index], isSame: true) { index += 1 }
            case "n", "no": if try await keep(pairs[index], isSame: false) { index += 1 }
            case "s", "skip", "": index += 1
            case "b", "back": index = max(0, index - 1)
            case "q", "quit": return
            default: Console.note("Answer with one of the letters and Enter.\n")
            }
        }
    }

    /// False where the pair is to be asked about again, as somebody changed its cluster.
    private func keep(_ pair: CalibrationPair, isSame: Bool) async throws -> Bool {
        do {
            try await calibration.answer(
                pair.keeper, pair.other, isSame: isSame, decides: decides, actor: DuplicatesCommand.actor,
                reason: reason)
        } catch let error as EngineError where error.code == .conflict {
            Console.complain(error.description)
        }
        return true
    }

    private func show(_ pair: CalibrationPair, number: Int, of count: Int) async throws {
        let bits = counted(pair.distance, "bit")
        let other = pair.proposal.members.first { $0.photo == pair.other }
        let alike = other?.evidence?.similarity.map { ", \(LikenessEvidence.text(similarity: $0)) alike" } ?? ""
        let turn = try await turn(of: other, in: pair.proposal)
        let turned = turn == .upright ? "" : ", the second turned or mirrored, and shown as the first stands"
        Console.note("\n" + Ink.bold("Pair \(number) of \(count)") + ": \(bits) apart\(alike)\(turned)\n")
        let photos = [pair.keeper, pair.other].compactMap { id in pair.proposal.photos.first { $0.id == id } }
        let columns = min(Console.errorColumns, 160)
        let half = (columns - Self.gap.count) / 2
        if let profile, half >= Self.leastColumns {
            let rows = max(4, min(Console.errorRows - 9, half / 2))
            let pictures = try await photos.asyncMap { photo in
                try await picture(of: photo, photo.id == pair.other ? turn : .upright, profile, half, rows)
            }
            for row in 0..<rows {
                Console.note(pictures.map { $0[row] }.joined(separator: Self.gap) + "\n")
            }
            for line in 0..<Self.words {
                let texts = photos.map {
                    Self.describe($0, library)[line].truncated(to: half, line == 0 ? .middle : .ellipsis)
                }
                let padded = texts[0] + String(repeating: " ", count: max(0, half - texts[0].displayWidth))
                Console.note(padded + Self.gap + texts[1] + "\n")
            }
        } else {
            for photo in photos { Console.note(Self.describe(photo, library).joined(separator: "  ") + "\n") }
        }
        Console.note(pair.proposal.sentence.truncated(to: max(20, columns)) + "\n")
    }

    private static let gap = " | "
    private static let leastColumns = 16
    /// Lines that `describe` makes.
    private static let words = 2

    private static func describe(_ photo: Photo, _ library: Library) -> [String] {
        [
            PhotoFormat.place(of: photo, in: library) + (photo.isMissing ? " (missing)" : ""),
            "\(PhotoFormat.size(photo))  \(photo.byteCount)  \(PhotoFormat.time(photo.captureTime))",
        ]
    }

    /// How a photo has to be turned to stand as the keeper does, by their pictures where they are there.
    private func turn(of member: ClusterMember?, in proposal: ClusterProposal) async throws -> Orientation {
        guard let member, let keeper = proposal.members.first(where: { $0.photo == proposal.keeper }) else {
            return .upright
        }
        let tried = PictureDifference.orientations(of: member, toward: keeper)
        guard tried != [.upright], let kept = try await library.smallPictures.picture(of: keeper.sha256),
            let picture = try await library.smallPictures.picture(of: member.sha256)
        else { return proposal.turn(of: member) }
        return PictureDifference(kept, picture, orientations: tried).orientation
    }

    /// As many lines as `rows`, each `columns` wide.
    private func picture(
        of photo: Photo, _ turn: Orientation, _ profile: TerminalProfile, _ columns: Int, _ rows: Int
    ) async throws -> [String] {
        let renderer = CellRenderer(
            TerminalCapabilities(
                colorDepth: profile.colorDepth, isUnicode: profile.isUnicode, name: profile.entry))
        do {
            if turn != .upright, let pixels = try await library.smallPictures.picture(of: photo.sha256) {
                return PictureText.lines(
                    renderer.render(pixels.turned(turn), columns: columns, rows: rows), depth: profile.colorDepth)
            }
            let rendition = try await library.smallPictures.largestRendition(of: photo.sha256) ?? []
            return PictureText.lines(
                try renderer.render(webp: rendition, columns: columns, rows: rows), depth: profile.colorDepth)
        } catch let error as EngineError where [.notFound, .corrupt].contains(error.code) {
            let blank = String(repeating: " ", count: columns)
            let text = "no small picture is there".truncated(to: columns)
            return [text + blank.dropFirst(text.displayWidth)] + Array(repeating: blank, count: rows - 1)
        }
    }
}

extension Sequence {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
