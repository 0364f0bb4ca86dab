public import Core
public import SystemPackage

extension Importer {
    /// The files below `paths` that are named as pictures, and their bytes, as their folders tell: no file is opened. Throws
    /// `CancellationError` when its task is cancelled.
    public func estimate(_ paths: [FilePath]) async throws -> (photos: Int, byteCount: ByteCount) {
        let scan = FolderScan(roots: ScanRoots(paths).paths, libraryFolder: libraryFolder)
        let blocking = BlockingQueue(label: "phototui.estimate", isSerial: true)
        var (photos, byteCount) = (0, Int64(0))
        while let batch = try await blocking.run({ scan.next(limit: 1024) }) {
            try Task.checkCancellation()
            for file in batch.files where FileReader.isPictureName(file.path.filename) {
                photos += 1
                byteCount += file.fingerprint.byteCount
            }
        }
        return (photos, ByteCount(byteCount))
    }
}
