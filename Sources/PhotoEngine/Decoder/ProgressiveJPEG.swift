import Glibc

private typealias Marker = JPEGSegment.Marker

/// What a progressive JPEG (ITU-T T.81, SOF2) keeps apart: the means of its blocks, and their details in later scans.
enum ProgressiveJPEG {
    /// The file without the scans of details, a few per cent of its bytes; nil where it isn't progressive, or not understood.
    static func means(of file: UnsafeRawBufferPointer) -> [UInt8]? {
        guard file.starts(with: [0xFF, Marker.startOfImage]) else { return nil }
        var kept: [UInt8] = [0xFF, Marker.startOfImage]
        var isProgressive = false
        var place = 2
        while let segment = JPEGSegment(file, at: place) {
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
}

extension JPEGSegment {
    /// Ss of a scan's header: 0 in scans of means.
    fileprivate func firstCoefficient(in file: UnsafeRawBufferPointer) -> UInt8? {
        let count = parameters.first.map { Int(file[$0]) }
        guard let count, parameters.count >= 4 + 2 * count else { return nil }
        return file[parameters.lowerBound + 1 + 2 * count]
    }
}
