import Glibc

/// What a progressive JPEG (ITU-T T.81, SOF2) keeps apart: the means of its blocks, and their details in later scans.
enum ProgressiveJPEG {
    /// The file without the scans of details, a few per cent of its bytes; nil where it isn't progressive, or not understood.
    static func means(of file: UnsafeRawBufferPointer) -> [UInt8]? {
        guard file.starts(with: [0xFF, Marker.startOfImage]) else { return nil }
        var kept: [UInt8] = [0xFF, Marker.startOfImage]
        var isProgressive = false
        var place = 2
        while let segment = Segment(file, at: place) {
            switch segment.marker {
            case Marker.progressiveFrame: isProgressive = true
            case Marker.baselineFrame, 0xC1, 0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF: return nil
            case Marker.endOfImage:
                return isProgressive ? kept + [0xFF, Marker.endOfImage] : nil
            default: break
            }
            let end = segment.marker == Marker.startOfScan ? scanEnd(file, from: segment.end) : segment.end
            // A table may be redefined between two scans of details: all are kept.
            let isApplication = (0xE0...0xEF).contains(segment.marker) && segment.marker != Marker.adobe
            let isDetail = segment.marker == Marker.startOfScan && segment.firstCoefficient(in: file) != 0
            if !isApplication, !isDetail, segment.marker != Marker.comment { kept += file[place..<end] }
            place = end
        }
        return nil
    }

    /// Where the coded data that begins at `start` ends: at a marker that is neither a stuffed byte nor a restart.
    private static func scanEnd(_ file: UnsafeRawBufferPointer, from start: Int) -> Int {
        var place = start
        // SAFETY: `place` stays within the file.
        while place < file.count, let found = memchr(file.baseAddress! + place, 0xFF, file.count - place) {
            let next = UnsafeRawPointer(found) - file.baseAddress!
            guard next + 1 < file.count else { break }
            let marker = file[next + 1]
            if marker != 0, marker != 0xFF, !(0xD0...0xD7).contains(marker) { return next }
            place = next + (marker == 0xFF ? 1 : 2)
        }
        return file.count
    }

    private enum Marker {
        static let baselineFrame: UInt8 = 0xC0
        static let progressiveFrame: UInt8 = 0xC2
        static let startOfImage: UInt8 = 0xD8
        static let endOfImage: UInt8 = 0xD9
        static let startOfScan: UInt8 = 0xDA
        /// Says which colours the components are.
        static let adobe: UInt8 = 0xEE
        static let comment: UInt8 = 0xFE
    }

    /// A marker and its parameters.
    private struct Segment {
        let marker: UInt8
        let parameters: Range<Int>
        var end: Int { parameters.upperBound }

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

        /// Ss of a scan's header: 0 in scans of means.
        func firstCoefficient(in file: UnsafeRawBufferPointer) -> UInt8? {
            let count = parameters.first.map { Int(file[$0]) }
            guard let count, parameters.count >= 4 + 2 * count else { return nil }
            return file[parameters.lowerBound + 1 + 2 * count]
        }
    }
}
