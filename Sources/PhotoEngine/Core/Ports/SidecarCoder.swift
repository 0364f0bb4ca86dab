public import SystemPackage

/// Reads what lies beside originals, and writes the text of sidecars, outside this process, as an `ImageProcessor` does, and with its errors.
public protocol SidecarCoder: Sendable {
    func read(sidecar: FilePath) async throws -> WrittenMarks

    /// What the film of a live photo shares with its photo; nil for any other file.
    func identifier(film: FilePath) async throws -> String?

    /// The bytes of the sidecar once it says this, and whatever else it said before, but for what was `edited` here, and for a
    /// position where that isn't kept; without a file, those of a new one.
    func text(
        of marks: WrittenMarks, edited: EditedMarks, in sidecar: FilePath?, keepsPosition: Bool
    ) async throws -> [UInt8]
}
