internal import Core
internal import Foundation
internal import Glibc
public import SystemPackage

/// The desktop's trash, from where its file manager brings files back (freedesktop.org, Trash Specification 1.0).
public struct DesktopTrash: Sendable {
    /// `$XDG_DATA_HOME/Trash`.
    private let home: FilePath
    private let user: uid_t

    public init(environment: [String: String]) {
        let data = environment["XDG_DATA_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        home =
            data.map { FilePath($0).appending("Trash") }
            ?? FilePath(environment["HOME"] ?? "/").appending(".local/share/Trash")
        user = getuid()
    }

    /// Moves a file there, within its own file system: nothing is copied, and nothing that is there is replaced. Blocks. Throws
    /// `.notFound`, `.permissionDenied`, and `.unsupported` where its file system has no trash.
    public func move(_ file: FilePath) throws {
        let device = try Self.status(file).st_dev
        let (trash, recorded) = try folder(for: file, device)
        for part in ["files", "info"] { try Self.makeFolder(trash.appending(part)) }
        let name = file.lastComponent.map { FilePath(root: nil, [$0]).bytes } ?? []
        let note = "[Trash Info]\nPath=\(Self.encoded(recorded.bytes))\nDeletionDate=\(Self.moment())\n"
        for attempt in 1...10_000 {
            let taken = Self.name(name, attempt)
            let target = trash.appending("files").bytesAppending(taken)
            let information = trash.appending("info").bytesAppending(taken + Array(".trashinfo".utf8))
            // Whoever makes the information has the name.
            let descriptor: FileDescriptor
            do {
                descriptor = try FileDescriptor.open(
                    information, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
                    permissions: .ownerReadWrite)
            } catch Errno.fileExists {
                continue
            } catch let failure as Errno {
                throw EngineError(failure, doing: "moving a file to the trash")
            }
            do {
                try descriptor.closeAfter { _ = try descriptor.writeAll(note.utf8) }
                if (try? Self.status(target)) != nil {
                    _ = information.withPlatformString { unlink($0) }
                    continue
                }
                let moved = file.withPlatformString { from in target.withPlatformString { rename(from, $0) } }
                if moved != 0 { throw Errno(rawValue: errno) }
                return
            } catch let failure as Errno {
                _ = information.withPlatformString { unlink($0) }
                throw EngineError(failure, doing: "moving a file to the trash")
            }
        }
        throw EngineError(.conflict, "the trash has too many files of this name", whatToDo: "empty it")
    }

    /// The trash of a file's own file system, and the path that it notes: absolute in the home's, else from the file system's top.
    private func folder(for file: FilePath, _ device: dev_t) throws -> (trash: FilePath, recorded: FilePath) {
        try? Self.makeFolder(home)
        if let status = try? Self.status(home), status.st_dev == device { return (home, file) }
        var top = file.removingLastComponent()
        while !top.removingLastComponent().isEmpty, top != top.removingLastComponent(),
            try Self.status(top.removingLastComponent()).st_dev == device
        {
            top = top.removingLastComponent()
        }
        var recorded = file
        _ = recorded.removePrefix(top)
        // One that an administrator made for all users, sticky and no link.
        let shared = top.appending(".Trash")
        if let status = try? Self.status(shared), status.st_mode & S_IFMT == S_IFDIR, status.st_mode & S_ISVTX != 0 {
            let own = shared.appending("\(user)")
            try Self.makeFolder(own)
            return (own, recorded)
        }
        let own = top.appending(".Trash-\(user)")
        do {
            try Self.makeFolder(own)
        } catch let error as EngineError where error.code == .permissionDenied {
            throw EngineError(
                .unsupported, "the file's disk has no trash, and none can be made on it",
                whatToDo: "delete the file yourself, then empty the trash again")
        }
        return (own, recorded)
    }

    private static func status(_ path: FilePath) throws -> stat {
        var status = stat()
        guard path.withPlatformString({ lstat($0, &status) }) == 0 else {
            throw EngineError(Errno(rawValue: errno), doing: "moving a file to the trash")
        }
        return status
    }

    /// For its user alone; a link is none.
    private static func makeFolder(_ path: FilePath) throws {
        if let found = try? status(path), found.st_mode & S_IFMT == S_IFDIR { return }
        let parent = path.removingLastComponent()
        if !parent.isEmpty, parent != path, (try? status(parent)) == nil { try makeFolder(parent) }
        guard path.withPlatformString({ mkdir($0, 0o700) }) == 0 || errno == EEXIST else {
            throw EngineError(Errno(rawValue: errno), doing: "making the trash")
        }
        guard try status(path).st_mode & S_IFMT == S_IFDIR else {
            throw EngineError(.conflict, "what should be the trash is no folder")
        }
    }

    /// `photo.jpg`, `photo.2.jpg`, …
    private static func name(_ name: [UInt8], _ attempt: Int) -> [UInt8] {
        if attempt == 1, name.count + 10 <= 255 { return name }
        let dot = name.lastIndex(of: UInt8(ascii: ".")).flatMap { $0 > 0 ? $0 : nil } ?? name.endIndex
        // A name of 255 bytes leaves room for the number and for what its information is called.
        return name[..<dot].prefix(200) + Array(".\(attempt)".utf8) + name[dot...].prefix(32)
    }

    /// As in a URL (RFC 2396), slashes as they are.
    static func encoded(_ path: [UInt8]) -> String {
        path.map { byte -> String in
            let isPlain =
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "/-_.~".utf8.contains(byte)
            if isPlain { return String(UnicodeScalar(byte)) }
            let digits = String(byte, radix: 16, uppercase: true)
            return "%" + (digits.utf8.count < 2 ? "0" : "") + digits
        }.joined()
    }

    /// Now, as this machine's clock on the wall has it.
    private static func moment() -> String {
        var now = Glibc.time(nil)
        var parts = tm()
        localtime_r(&now, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
            + "T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    }
}

extension FilePath {
    fileprivate var bytes: [UInt8] {
        withPlatformString { string in
            // SAFETY: the string ends with a zero byte, where the loop stops, and outlives the closure.
            var bytes: [UInt8] = []
            var next = string
            while next.pointee != 0 {
                bytes.append(UInt8(bitPattern: next.pointee))
                next += 1
            }
            return bytes
        }
    }

    /// One more component of these bytes.
    fileprivate func bytesAppending(_ name: [UInt8]) -> FilePath {
        FilePath(platformString: (bytes + [UInt8(ascii: "/")] + name).map { CChar(bitPattern: $0) } + [0])
    }
}
