import CMetadata
import Core

/// A copy of a file's bytes in which some are written over, and which.
final class EditedBytes {
    // SAFETY: allocated in init, freed in deinit; nothing keeps its address.
    private let memory: UnsafeMutableRawBufferPointer
    private var touched: [Range<Int>] = []

    init(_ file: UnsafeRawBufferPointer) {
        memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, file.count), alignment: 16)
        memory.copyMemory(from: file)
        count = file.count
    }

    deinit { memory.deallocate() }

    let count: Int
    var isEdited: Bool { !touched.isEmpty }
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }

    subscript(_ place: Int) -> UInt8 { memory[place] }

    /// Writes over what is there, as far as it differs.
    func write(_ bytes: some Collection<UInt8>, at place: Int) {
        guard !bytes.isEmpty, place >= 0, place + bytes.count <= count else { return }
        let range = place..<place + bytes.count
        guard !memory[range].elementsEqual(bytes) else { return }
        UnsafeMutableRawBufferPointer(rebasing: memory[range]).copyBytes(from: bytes)
        touched.append(range)
    }

    func fill(_ range: Range<Int>, with byte: UInt8) {
        write(repeatElement(byte, count: range.count), at: range.lowerBound)
    }

    /// Whether anything in the range was written over.
    func isTouched(_ range: Range<Int>) -> Bool { touched.contains { $0.overlaps(range) } }

    /// The first place from `start` on where these bytes are, within `end`.
    func find(_ pattern: [UInt8], from start: Int, to end: Int? = nil) -> Int? {
        let end = min(end ?? count, count)
        guard start >= 0, end - start >= pattern.count, let base = memory.baseAddress else { return nil }
        // SAFETY: from `start`, `end - start` bytes are the memory's.
        let found = phototui_metadata_find(
            (base + start).assumingMemoryBound(to: UInt8.self), end - start, pattern, pattern.count)
        return found < 0 ? nil : start + found
    }

    /// What was written over, put together and in order.
    var patches: [BytePatch] {
        var merged: [Range<Int>] = []
        for range in touched.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        return merged.map { BytePatch(offset: $0.lowerBound, bytes: Array(memory[$0])) }
    }
}
