internal import SystemPackage

extension FilePath {
    /// This path with one more component, of any bytes but NUL and slash.
    func appending(rawName: [UInt8]) -> FilePath {
        let name = rawName.map { CChar(bitPattern: $0) } + [0]
        return name.withUnsafeBufferPointer { appending(FilePath(platformString: $0.baseAddress!).components) }
    }
}
