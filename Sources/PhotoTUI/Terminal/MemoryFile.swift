import CNcurses
import Glibc

/// A file in memory for curses to write to: it wants a descriptor, so a stream of our own functions won't do.
final class MemoryFile {
    // SAFETY: opened in init and closed in deinit alone.
    let stream: UnsafeMutablePointer<FILE>
    private let descriptor: Int32

    init() throws(TerminalError) {
        descriptor = nc_memory_file()
        guard descriptor >= 0, let stream = fdopen(descriptor, "w+") else {
            throw TerminalError(description: "No memory for the screen (\(String(cString: strerror(errno)))).")
        }
        self.stream = stream
    }

    deinit { fclose(stream) }

    /// Gives what was written since the last time, and forgets it. Nothing written, nothing called.
    func take(_ body: (UnsafeRawBufferPointer) -> Void) {
        fflush(stream)
        let count = Int(lseek(descriptor, 0, SEEK_CUR))
        guard count > 0 else { return }
        withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { buffer in
            let got = pread(descriptor, buffer.baseAddress, count, 0)
            lseek(descriptor, 0, SEEK_SET)
            if got > 0 { body(UnsafeRawBufferPointer(rebasing: buffer[..<got])) }
        }
    }
}
