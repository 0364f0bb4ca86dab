import CArchive
import Core
import Glibc
import Imaging

/// Reads one archive from its beginning to its end and sends what it finds, as it finds it.
struct ArchiveReading {
    /// More entries than any export has.
    private static let mostEntries = 2_000_000
    /// More than any path that a file system takes.
    private static let longestPath = 4096
    private static let partSize = 1 << 20
    /// Processor time that an entry may take, all before it read or skipped.
    private static let processorSeconds = 600

    private let socket: DecoderSocket
    private let selection: ArchiveSelection
    private let archive: OpaquePointer

    /// Throws `DecoderSocket.Closed` when nobody listens any more. What is wrong with the archive is told as its end.
    static func run(_ selection: ArchiveSelection, file: Int32, socket: DecoderSocket) throws {
        defer { close(file) }
        guard let archive = archive_read_new() else {
            return try socket.send(DecoderReply.archiveEnd(problem: "no memory for the archive"))
        }
        // SAFETY: freed once, here, behind the last use.
        defer { archive_read_free(archive) }
        // Only what exports come in: every further format is code that a stranger could reach.
        archive_read_support_filter_gzip(archive)
        archive_read_support_format_zip(archive)
        archive_read_support_format_tar(archive)
        let reading = ArchiveReading(socket: socket, selection: selection, archive: archive)
        try socket.send(DecoderReply.archiveEnd(problem: try reading.run(file)))
    }

    /// Returns why it ended before its end; nil where all was read.
    private func run(_ file: Int32) throws -> String? {
        guard archive_read_open_fd(archive, file, 1 << 16) == ARCHIVE_OK else { return problem }
        for ordinal in 0... {
            Sandbox.allowProcessorTime(seconds: Self.processorSeconds)
            var entry: OpaquePointer?
            let code = archive_read_next_header(archive, &entry)
            if code == ARCHIVE_EOF { return nil }
            guard code == ARCHIVE_OK || code == ARCHIVE_WARN, let entry else { return problem }
            guard ordinal < Self.mostEntries else { return "it has more than \(Self.mostEntries) entries" }
            guard let found = Self.entry(entry, ordinal) else { return "a name in it can't be read" }
            try socket.send(DecoderReply.archiveEntry(found))
            guard found.kind == .file, isSelected(found) else { continue }
            let content = found.isEncrypted ? "it is encrypted" : try sendContent()
            try socket.send(DecoderReply.archiveContentEnd(problem: content))
        }
        return nil
    }

    private func isSelected(_ entry: ArchiveEntry) -> Bool {
        selection.ordinals.contains(entry.ordinal)
            || selection.ending.map { entry.path.lowercased().hasSuffix($0) } == true
    }

    /// Returns what is wrong with it.
    private func sendContent() throws -> String? {
        var total: Int64 = 0
        var buffer = [UInt8](repeating: 0, count: Self.partSize)
        while true {
            var filled = 0
            while filled < buffer.count {
                let room = buffer.count - filled
                let count = buffer.withUnsafeMutableBytes { bytes in
                    // SAFETY: `filled` is less than the buffer's count, and the call writes at most the rest of it.
                    archive_read_data(archive, bytes.baseAddress! + filled, room)
                }
                if count == 0 { break }
                guard count > 0 else { return problem }
                filled += count
            }
            if filled == 0 { return nil }
            total += Int64(filled)
            // Whatever the archive said of its size.
            guard total <= selection.largest else { return "it has more than \(selection.largest) bytes" }
            try socket.send(DecoderReply.archiveBytes, payload: [Array(buffer[..<filled])])
        }
    }

    private var problem: String {
        // SAFETY: a C string of the archive's own, copied at once.
        let text = archive_error_string(archive).map { String(cString: $0) } ?? "it is damaged"
        return String(text.prefix(300))
    }

    private static func entry(_ entry: OpaquePointer, _ ordinal: Int) -> ArchiveEntry? {
        // SAFETY: C strings of the entry's own, which are copied before the next is read.
        let path =
            archive_entry_pathname_utf8(entry).map { String(cString: $0) }
            ?? archive_entry_pathname(entry).map { name in
                ByteText.text(UnsafeRawBufferPointer(start: name, count: strlen(name)))
            }
        guard let path, path.utf8.count <= longestPath else { return nil }
        let type = archive_entry_filetype(entry)
        let isHardLink = archive_entry_hardlink(entry) != nil
        let kind: ArchiveEntry.Kind =
            isHardLink || phototui_archive_is_link(type) != 0
            ? .link
            : phototui_archive_is_file(type) != 0 ? .file : phototui_archive_is_folder(type) != 0 ? .folder : .other
        let seconds = Int64(archive_entry_mtime(entry))
        let limit: Int64 = 1 << 33
        return ArchiveEntry(
            ordinal: ordinal, path: path, kind: kind,
            byteCount: archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : nil,
            modified: min(max(seconds, -limit), limit) * 1_000_000_000 + Int64(archive_entry_mtime_nsec(entry)),
            isEncrypted: archive_entry_is_encrypted(entry) != 0)
    }
}
