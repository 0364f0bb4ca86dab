internal import Core
internal import Glibc
public import SystemPackage

/// The files of this machine that wait to go up, while the store can't be reached: their paths, on disk.
///
/// Several processes may have one list. What they were when they were met is not kept: they are read again.
public struct WaitingFiles: Sendable {
    private let list: StoredList

    /// The file need not be there yet; its folder must.
    public init(_ file: FilePath) { list = StoredList(file) }

    /// In the order in which they came.
    public func paths() async throws -> [FilePath] { try await list.entries().map(Self.path) }

    /// Durable when it returns.
    func change(adding added: [FilePath], removing removed: [FilePath]) async throws {
        try await list.change(adding: added.map(Self.bytes), removing: removed.map(Self.bytes))
    }

    private static func path(_ bytes: [UInt8]) -> FilePath {
        let text = bytes.map { CChar(bitPattern: $0) } + [0]
        // SAFETY: the array ends with a NUL, and lives until the initializer returns.
        return text.withUnsafeBufferPointer { FilePath(platformString: $0.baseAddress!) }
    }

    private static func bytes(_ path: FilePath) -> [UInt8] {
        // SAFETY: read up to its NUL, inside the closure.
        path.withPlatformString { text in
            UnsafeRawBufferPointer(start: text, count: strlen(text)).map { $0 }
        }
    }
}
