import ArgumentParser
import Core
import Foundation
import PhotoEngine
import SystemPackage

/// Which photos a command is about.
struct PhotoSelection: ParsableArguments {
    @OptionGroup var named: NamedPhotos

    func validate() throws {
        if named.isEmpty {
            throw ValidationError("name photos, a file of names with --from, a --month, or a --search")
        }
    }

    func find(in library: Library) async throws -> NamedPhotos.Found { try await named.find(in: library) }
}

/// Photos that are named one by one, or by what they have in common; perhaps none.
struct NamedPhotos: ParsableArguments {
    @Argument(help: "Photos' ids, beginnings of ids, SHA-256s, or paths.", completion: .file())
    var photos: [String] = []

    @Option(
        help: ArgumentHelp("Photos named so in a file, one a line (- for stdin).", valueName: "file"),
        completion: .file())
    var from: String?

    @Option(
        help: ArgumentHelp("All photos of the timeline in this month.", valueName: "yyyy-mm"),
        completion: .custom(monthNames))
    var month: Month?

    @Option(
        name: [.customLong("search")],
        help: ArgumentHelp("All photos that this search finds (docs/search.md).", valueName: "query"))
    var query: String?

    /// For those that are not read from a command's arguments.
    static func of(_ photos: [String] = [], query: String? = nil) -> NamedPhotos {
        var named = NamedPhotos()
        (named.photos, named.from, named.month, named.query) = (photos, nil, nil, query)
        return named
    }

    var isEmpty: Bool { photos.isEmpty && from == nil && month == nil && query == nil }

    /// A file of names may have so many bytes: some 400,000 ids.
    private static let mostBytes = 16 << 20
    /// Photos of a search that are asked for at once.
    private static let pageCount = 5000
    /// Names that are looked up at once.
    private static let atOnce = 64

    struct Found {
        var photos: [PhotoID] = []
        var failed: [(name: String, reason: String)] = []
    }

    /// Each photo once, in the order they were named.
    func find(in library: Library) async throws -> Found {
        var found = Found()
        var names = photos
        if let from { names += try await Self.names(in: from) }
        for start in stride(from: 0, to: names.count, by: Self.atOnce) {
            let some = Array(names[start..<min(start + Self.atOnce, names.count)])
            let photos = try await withThrowingTaskGroup(of: (Int, Result<PhotoID, EngineError>).self) { group in
                for (index, name) in some.enumerated() {
                    group.addTask { (index, try await Self.photo(named: name, in: library)) }
                }
                return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            for (index, name) in some.enumerated() {
                switch photos[index] {
                case .success(let photo): found.photos.append(photo)
                case .failure(let error): found.failed.append((name, error.description))
                case nil: break
                }
            }
        }
        if let month {
            let all = try await library.catalog.timeline(TimelineQuery(month: month, limit: .max))
            found.photos += all.map(\.id)
        }
        if let query {
            var after: TimelinePosition?
            let query = try SearchCommand.query(try typedText(query))
            repeat {
                let page = try await library.catalog.search(query, after: after, limit: Self.pageCount)
                found.photos += page.entries.map(\.id)
                after = page.entries.count < Self.pageCount ? nil : page.entries.last?.position
            } while after != nil
        }
        var seen: Set<PhotoID> = []
        found.photos = found.photos.filter { seen.insert($0).inserted }
        return found
    }

    private static func photo(named name: String, in library: Library) async throws -> Result<PhotoID, EngineError> {
        do {
            let photo = try await PhotoName.resolve(name, in: library)
            if photo.trashedAt == nil { return .success(photo.id) }
            return .failure(
                EngineError(
                    .conflict, "it is in the trash",
                    whatToDo: "take it out with: phototui trash restore \(photo.id)"))
        } catch let error as EngineError where !error.isRetryable {
            return .failure(error)
        }
    }

    private static func names(in file: String) async throws -> [String] {
        let path = RawArguments.path(file)
        let bytes = try await BlockingQueue(label: "phototui.names").run {
            let source = try file == "-" ? FileDescriptor.standardInput : open(path)
            defer { if file != "-" { try? source.close() } }
            var bytes: [UInt8] = []
            var block = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = try block.withUnsafeMutableBytes { try source.read(into: $0) }
                if count == 0 { return bytes }
                bytes += block.prefix(count)
                guard bytes.count <= mostBytes else {
                    throw EngineError(.limitExceeded, "\(path.rawText) is larger than \(mostBytes >> 20) MiB")
                }
            }
        }
        return bytes.split(separator: UInt8(ascii: "\n")).map { line in
            RawArguments.text(of: Array(line.last == UInt8(ascii: "\r") ? line.dropLast() : line))
        }
    }

    private static func open(_ path: FilePath) throws -> FileDescriptor {
        do {
            return try FileDescriptor.open(path, .readOnly)
        } catch let error as Errno {
            throw EngineError(error, doing: "opening \(path.rawText)")
        }
    }
}

extension CollectionName {
    /// As it was typed. Throws `.invalidInput`, also for what isn't UTF-8.
    static func album(typed text: String) throws -> CollectionName { try album(try typedText(text)) }
    static func tag(typed text: String) throws -> CollectionName { try tag(try typedText(text)) }
}

/// Text as it was typed, which may be no text at all.
func typedText(_ argument: String) throws -> String {
    guard let text = String(validating: RawArguments.bytes(of: argument), as: UTF8.self) else {
        throw EngineError(
            .invalidInput, "\(argument) is not UTF-8", whatToDo: "type it on a terminal that is set to UTF-8")
    }
    return text
}

extension Library {
    func album(typed name: String) async throws -> Album {
        let name = try CollectionName.album(typed: name)
        guard let album = try await catalog.album(named: name) else {
            throw EngineError(
                .notFound, "there is no album \(name.text)",
                whatToDo: "list them with: phototui albums; begin one with: phototui albums create NAME")
        }
        return album
    }

    func tag(typed name: String) async throws -> Tag {
        let name = try CollectionName.tag(typed: name)
        guard let tag = try await catalog.tag(named: name) else {
            let keyword = try await catalog.keywords(containing: name.text, after: nil, limit: 1000).contains {
                CollectionName.key(of: $0.name) == name.key
            }
            let tag = OwnCommand.quoted("tag:\"\(name.text)\"")
            throw EngineError(
                .notFound, "no photo has the tag \(name.text)",
                whatToDo: keyword
                    ? "it is a keyword: search \(tag), or make tags of keywords with: phototui tags adopt --search \(tag)"
                    : "list them with: phototui tags")
        }
        return tag
    }
}
