public import SystemPackage

/// Finds where a file says where its picture was taken, outside this process, as an `ImageProcessor` does, and with its errors.
public protocol PositionEraser: Sendable {
    /// What to write over the file, so that it no longer says so: whatever else it says, and its picture, stay byte for byte, and
    /// where they are. In order, apart from each other, the same whenever it is asked; empty where it says nothing. Throws
    /// `.unsupported` for a file from which the position can't be taken so.
    func positionErasure(_ file: FilePath) async throws -> [BytePatch]
}

/// Bytes to be written over others.
public struct BytePatch: Hashable, Sendable {
    public let offset: Int
    public let bytes: [UInt8]

    public init(offset: Int, bytes: [UInt8]) {
        (self.offset, self.bytes) = (offset, bytes)
    }
}
