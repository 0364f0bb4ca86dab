public import SystemPackage

/// Reads and writes the text of sidecars, outside this process, as an `ImageProcessor` does, and with its errors.
public protocol SidecarCoder: Sendable {
    func read(sidecar: FilePath) async throws -> WrittenMarks

    /// The bytes of the sidecar once it says this, and whatever else it said before; without a file, those of a new one.
    func text(of marks: WrittenMarks, in sidecar: FilePath?) async throws -> [UInt8]
}
