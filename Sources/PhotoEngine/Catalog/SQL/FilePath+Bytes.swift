import SystemPackage

/// Paths are stored as their bytes: names need not be UTF-8.
extension FilePath {
    var pathBytes: [UInt8] {
        // SAFETY: the pointer is used inside the closure alone, and only up to its terminating NUL.
        withPlatformString { text in
            var bytes: [UInt8] = []
            var next = text
            while next.pointee != 0 {
                bytes.append(UInt8(bitPattern: next.pointee))
                next += 1
            }
            return bytes
        }
    }

    init(pathBytes: [UInt8]) {
        let text = pathBytes.map { CChar(bitPattern: $0) } + [0]
        // SAFETY: the array ends with a NUL, and lives until the initializer returns.
        self = text.withUnsafeBufferPointer { FilePath(platformString: $0.baseAddress!) }
    }
}

extension SQLValue {
    static func path(_ path: FilePath) -> SQLValue { .bytes(path.pathBytes) }
}

extension SQLRow {
    mutating func path() throws -> FilePath { try FilePath(pathBytes: bytes()) }
}
