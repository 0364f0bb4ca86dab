public import Core
internal import Glibc

/// Photos of a cluster that differ though they look alike, and why.
public struct RecognisedStack: Equatable, Sendable {
    /// In the order they were taken.
    public let photos: [PhotoID]
    public let reason: StackReason

    public init(photos: [PhotoID], reason: StackReason) {
        self.photos = photos
        self.reason = reason
    }
}

/// Recognises photos that differ though they look alike, by what the camera wrote of them: the same camera at the same time. A
/// name can add to that, it never suffices.
public struct StackRecognition {
    private let edited: [NamePattern.Matcher]
    private let copied: [NamePattern.Matcher]

    /// Patterns of edited versions' names are those among `names` that say so; the others are copies'.
    public init(names: [NamePattern] = NamePattern.standard) {
        edited = names.filter(\.isEdited).map(NamePattern.Matcher.init)
        copied = names.filter { !$0.isEdited }.map(NamePattern.Matcher.init)
    }

    /// Microseconds behind which another photo can't be of a stack any more.
    public static var longestSpan: Int64 { longestGap }

    /// The stacks among a cluster's photos; a photo is in one at most, and one in none may be a duplicate. Compares each with
    /// the sixteen that the same camera took next, so a cluster of 50,000 takes no longer than sorting it.
    ///
    /// Of photos that nothing tells from copies of one shot, one is in a stack: a copy of a burst's second frame is as near in
    /// time to the first as that frame is.
    /// - Parameter copies: those of which the pictures are known to be the same, pixel by pixel.
    public func stacks(among photos: [Photo], copies: Set<PhotoID> = []) -> [RecognisedStack] {
        let keys = photos.map { (camera: $0.camera, moment: $0.moment, id: $0.id) }
        let order = photos.indices.sorted { keys[$0] < keys[$1] }
        let sorted = order.map { photos[$0] }
        let cameras = order.map { keys[$0].camera }
        var pairs: [(one: Int, other: Int, reason: StackReason)] = []
        var alike: [Int: [Int]] = [:]
        for one in sorted.indices {
            for other in (one + 1)..<max(one + 1, min(sorted.count, one + 17)) {
                guard cameras[one] == cameras[other],
                    sorted[other].moment - sorted[one].moment <= Self.longestGap
                else { break }
                let areCopies = copies.contains(sorted[one].id) && copies.contains(sorted[other].id)
                if let reason = reason(sorted[one], sorted[other], areCopies: areCopies) {
                    pairs.append((one, other, reason))
                } else if areCopies || Self.isOneMoment(sorted[one], sorted[other]) {
                    alike[one, default: []].append(other)
                    alike[other, default: []].append(one)
                }
            }
        }
        let left = copiesLeftOut(alike, sorted)
        var stacks = Joined(count: sorted.count)
        for pair in pairs where !left.contains(pair.one) && !left.contains(pair.other) {
            stacks.join(pair.one, pair.other, pair.reason)
        }
        var contents: [String: Int] = [:]
        for (index, photo) in sorted.enumerated() where !left.contains(index) {
            guard let content = photo.contentIdentifier else { continue }
            if let first = contents[content], sorted[first].mediaType != photo.mediaType {
                stacks.join(first, index, .livePhoto)
            } else {
                contents[content] = index
            }
        }
        return stacks.groups().map { members, reason in
            RecognisedStack(photos: members.map { sorted[$0].id }, reason: reason)
        }
    }

    /// Of photos each of which may be a copy of others, those that are not the first of their shot: a copy has a program's name, has
    /// lost the fraction of its second, is smaller, or came later.
    private func copiesLeftOut(_ alike: [Int: [Int]], _ photos: [Photo]) -> Set<Int> {
        let ranks = alike.keys.map { index in
            let photo = photos[index]
            let name = NamePattern.characters(photo.filename)
            return (
                isCopied: copied.contains { $0.matches(name) } ? 1 : 0,
                hasNoFraction: photo.moment % Self.second == 0 ? 1 : 0, lostPixels: -(photo.pixelSize?.pixels ?? 0),
                lostBytes: -photo.byteCount.bytes, id: photo.id, index: index
            )
        }
        var left: Set<Int> = []
        var shots: Set<Int> = []
        for rank in ranks.sorted(by: {
            ($0.isCopied, $0.hasNoFraction, $0.lostPixels, $0.lostBytes, $0.id)
                < ($1.isCopied, $1.hasNoFraction, $1.lostPixels, $1.lostBytes, $1.id)
        }) {
            let isCopy = alike[rank.index, default: []].contains(where: shots.contains)
            if isCopy { left.insert(rank.index) } else { shots.insert(rank.index) }
        }
        return left
    }

    /// Why two photos belong together without being duplicates; nil where nothing tells that they do.
    ///
    /// No two shots have the same pixels: `areCopies` leaves what isn't told by the kinds of their files.
    public func reason(_ one: Photo, _ other: Photo, areCopies: Bool = false) -> StackReason? {
        guard one.sha256 != other.sha256 else { return nil }
        if let content = one.contentIdentifier, content == other.contentIdentifier, one.mediaType != other.mediaType {
            return .livePhoto
        }
        guard let gap = Self.gap(one, other), !one.camera.isEmpty, one.camera == other.camera else { return nil }
        let isNumberedApart = Self.areNumberedApart(one, other)
        let isSameExposure = Self.exposureDifference(one, other) < 0.1
        if gap < Self.second, !isNumberedApart, (one.mediaType == .raw) != (other.mediaType == .raw), isSameExposure {
            return .rawAndJPEG
        }
        if areCopies { return nil }
        if gap == 0, isSameExposure, isEdited(one) != isEdited(other) { return .editedVersion }
        if gap <= Self.longestGap, Self.isBracketed(one, other) { return .exposureBracket }
        // Equal times may be a copy's; another time, or another number in the second, is another shot.
        guard gap > 0 || isNumberedApart else { return nil }
        // A camera that names its bursts knows better than the clock.
        if let burst = one.burstIdentifier, let otherBurst = other.burstIdentifier {
            return burst == otherBurst ? .burst : nil
        }
        return gap <= Self.burstGap ? .burst : nil
    }

    private func isEdited(_ photo: Photo) -> Bool {
        if photo.isEdited { return true }
        let name = NamePattern.characters(photo.filename)
        return edited.contains { $0.matches(name) }
    }

    /// Microseconds between two shots by their cameras' clocks, nil where one has none. Exports and messengers drop the fraction
    /// of the second: a time without one is any moment of its second.
    public static func gap(_ one: Photo, _ other: Photo) -> Int64? {
        guard one.isTimedByCamera, other.isTimedByCamera else { return nil }
        let hasNoFraction = one.moment % second == 0 || other.moment % second == 0
        if hasNoFraction, one.moment / second == other.moment / second { return 0 }
        return abs(one.moment - other.moment)
    }

    /// Whether a camera's clock says of two photos that they were taken at once, and no number of it tells them apart.
    private static func isOneMoment(_ one: Photo, _ other: Photo) -> Bool {
        gap(one, other) == 0 && !one.camera.isEmpty && !areNumberedApart(one, other)
    }

    private static let second: Int64 = 1_000_000

    /// Microseconds between two shots of one bracket, and of one burst.
    static let longestGap: Int64 = 10_000_000
    private static let burstGap: Int64 = 3_000_000

    private static func isBracketed(_ one: Photo, _ other: Photo) -> Bool {
        let bias = Photo.exposureBiasTag
        // Automatic bracketing (EXIF 2.32, ExposureMode 2), or the owner's own by the bias.
        let isAutomatic = [one, other].allSatisfy { $0.metadata.tags[Photo.exposureModeTag] == "2" }
        if let first = one.metadata.tags[bias].flatMap(ratio), let second = other.metadata.tags[bias].flatMap(ratio),
            abs(first - second) >= 0.3
        {
            return true
        }
        return exposureDifference(one, other) >= (isAutomatic ? 0.25 : 0.9)
    }

    /// By how many stops two photos were exposed differently; 0 where that isn't known of both.
    private static func exposureDifference(_ one: Photo, _ other: Photo) -> Double {
        guard let first = one.metadata.exposure.value, let second = other.metadata.exposure.value else { return 0 }
        return abs(first - second)
    }

    /// `-2/3` as EXIF writes it.
    private static func ratio(_ text: String) -> Double? {
        let parts = text.split(separator: "/").compactMap { Double($0) }
        guard parts.count == 2, parts[1] != 0 else { return Double(text) }
        return parts[0] / parts[1]
    }

    /// Whether a camera numbered two files as different shots: `DSC_0041` and `DSC_0042`.
    private static func areNumberedApart(_ one: Photo, _ other: Photo) -> Bool {
        let (first, second) = (shotNumber(one.filename), shotNumber(other.filename))
        guard let first, let second, first.prefix == second.prefix else { return false }
        return first.digits.count == second.digits.count && first.digits != second.digits
    }

    /// The digits at the end of a camera's name, three at least, and what stands before them.
    private static func shotNumber(_ filename: String) -> (prefix: Substring, digits: Substring)? {
        let stem = NamePattern.stem(filename)
        let digits = stem.suffix(while: { $0.isASCII && $0.isNumber })
        return digits.count >= 3 ? (stem.dropLast(digits.count), digits) : nil
    }
}

extension Substring {
    fileprivate func suffix(while matches: (Character) -> Bool) -> Substring {
        var start = endIndex
        while start > startIndex, matches(self[index(before: start)]) { start = index(before: start) }
        return self[start...]
    }
}

extension Photo {
    /// Make and model; empty where unknown.
    fileprivate var camera: String {
        [metadata.cameraMake, metadata.cameraModel].compactMap { $0 }.joined(separator: "\u{1f}")
    }

    fileprivate var moment: Int64 { captureTime.wallMicroseconds }

    /// Only a camera's own clock tells shots apart; a file's name or date doesn't.
    fileprivate var isTimedByCamera: Bool { captureTime.source == .exif || captureTime.source == .xmp }

    /// What the parts of a live photo share.
    fileprivate var contentIdentifier: String? { first(Self.isContentIdentifier) }
    fileprivate var burstIdentifier: String? { first(Self.isBurstIdentifier) }

    private func first(_ isWanted: (String) -> Bool) -> String? {
        let found = metadata.tags.filter { isWanted($0.key) }
        return found.min { $0.key < $1.key }?.value
    }
}

extension Exposure {
    /// The exposure value at ISO 100, in stops; nil where unknown.
    fileprivate var value: Double? {
        guard let seconds, let aperture, let iso, seconds > 0, aperture > 0, iso > 0 else { return nil }
        return log2(aperture * aperture / seconds) - log2(Double(iso) / 100)
    }
}

/// Indices that are joined one by one, and why: a union-find, in which a group's root is its least index.
private struct Joined {
    private var root: [Int]
    private var reasons: [Int: StackReason] = [:]

    init(count: Int) { root = Array(0..<count) }

    mutating func join(_ one: Int, _ other: Int, _ reason: StackReason) {
        let (first, second) = (find(one), find(other))
        let known = [reasons[first], reasons[second], reason].compactMap { $0 }
        root[max(first, second)] = min(first, second)
        // The one that says most.
        reasons[min(first, second)] = StackReason.allCases.first { known.contains($0) }
    }

    private mutating func find(_ index: Int) -> Int {
        var index = index
        while root[index] != index {
            root[index] = root[root[index]]
            index = root[index]
        }
        return index
    }

    /// Those of two or more, each in order, by their least index.
    mutating func groups() -> [(members: [Int], reason: StackReason)] {
        var groups: [Int: [Int]] = [:]
        for index in root.indices { groups[find(index), default: []].append(index) }
        return groups.sorted { $0.key < $1.key }.compactMap { root, members in
            guard members.count > 1, let reason = reasons[root] else { return nil }
            return (members, reason)
        }
    }
}
