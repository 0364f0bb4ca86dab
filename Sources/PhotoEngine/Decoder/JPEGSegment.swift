/// A marker of a JPEG (ITU-T T.81, B.1.1) and its parameters.
struct JPEGSegment {
    let marker: UInt8
    let parameters: Range<Int>
    var end: Int { parameters.upperBound }

    /// Nil where there is no whole segment at `place`.
    init?(_ file: UnsafeRawBufferPointer, at place: Int) {
        var place = place
        guard place + 1 < file.count, file[place] == 0xFF else { return nil }
        while place + 1 < file.count, file[place + 1] == 0xFF { place += 1 }
        guard place + 1 < file.count else { return nil }
        marker = file[place + 1]
        if marker == Marker.endOfImage {
            parameters = place + 2..<place + 2
            return
        }
        guard place + 3 < file.count else { return nil }
        let length = Int(file[place + 2]) << 8 | Int(file[place + 3])
        guard length >= 2, place + 2 + length <= file.count else { return nil }
        parameters = place + 4..<place + 2 + length
    }

    enum Marker {
        static let baselineFrame: UInt8 = 0xC0
        static let progressiveFrame: UInt8 = 0xC2
        static let startOfImage: UInt8 = 0xD8
        static let endOfImage: UInt8 = 0xD9
        static let startOfScan: UInt8 = 0xDA
        static let profile: UInt8 = 0xE2
        /// Says which colours the components are.
        static let adobe: UInt8 = 0xEE
        static let comment: UInt8 = 0xFE
    }

    /// The colour profile before the picture's data, put together from its parts (ICC.1, B.4); nil where there is none, or
    /// not all of it.
    static func profile(of file: UnsafeRawBufferPointer) -> [UInt8]? {
        let name = Array("ICC_PROFILE\0".utf8)
        var parts: [UInt8: Range<Int>] = [:]
        var count: UInt8 = 0
        var place = 2
        while let segment = JPEGSegment(file, at: place), segment.marker != Marker.startOfScan,
            segment.marker != Marker.endOfImage
        {
            let start = segment.parameters.lowerBound + name.count
            if segment.marker == Marker.profile, segment.parameters.count > name.count + 2,
                file[segment.parameters.lowerBound..<start].elementsEqual(name)
            {
                parts[file[start]] = start + 2..<segment.end
                count = file[start + 1]
            }
            place = segment.end
        }
        guard count > 0, parts.count == Int(count) else { return nil }
        return (1...count).flatMap { parts[$0].map { Array(file[$0]) } ?? [] }
    }
}
