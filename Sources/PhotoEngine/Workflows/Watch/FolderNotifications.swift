internal import Core
internal import Foundation
internal import Glibc
internal import Synchronization
internal import SystemPackage

/// The kernel's word of what changes below some folders (inotify(7)), on a thread of its own. Paths are raw bytes.
final class FolderNotifications: Sendable {
    enum Notice: Sendable {
        /// Something at this path appeared, changed or went; a folder stands for all below it.
        case touched(FilePath)
        /// Notices were lost: look at everything again.
        case overflowed
        /// This folder, and others, can't be watched: the kernel's limit is reached.
        case limited(FilePath)
    }

    let notices: AsyncStream<Notice>
    private let output: AsyncStream<Notice>.Continuation
    private let descriptor: Int32
    private let wake: Int32
    private let wakeReader: Int32
    private let libraryFolder: FilePath?
    private let folders = Mutex<[Int32: FilePath]>([:])

    /// Throws `.unavailable` when this user has no inotify instance left.
    init(libraryFolder: FilePath?) throws {
        self.libraryFolder = libraryFolder
        (notices, output) = AsyncStream.makeStream(of: Notice.self, bufferingPolicy: .bufferingNewest(100_000))
        descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        guard descriptor >= 0 else {
            throw EngineError(
                .unavailable, "this user has no inotify instance left",
                whatToDo: "raise fs.inotify.max_user_instances with sysctl")
        }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            close(descriptor)
            throw EngineError(Errno(rawValue: errno), doing: "watching folders")
        }
        (wakeReader, wake) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let thread = Thread { [self] in listen() }
        thread.name = "phototui.inotify"
        thread.start()
    }

    /// Ends the thread, which closes the descriptors.
    func stop() {
        var one: UInt8 = 1
        _ = write(wake, &one, 1)
    }

    /// Watches `root`, which may be a symbolic link, and every folder below it, where links are not followed. Blocks while
    /// it walks them.
    func watch(_ root: FilePath) {
        watch(root, followsLink: true)
    }

    private func watch(_ root: FilePath, followsLink: Bool) {
        guard root != libraryFolder, add(root, followsLink: followsLink) else { return }
        var waiting = Self.subfolders(of: root)
        while let folder = waiting.popLast() {
            guard folder != libraryFolder, add(folder, followsLink: false) else { continue }
            waiting += Self.subfolders(of: folder)
        }
    }

    private func add(_ folder: FilePath, followsLink: Bool) -> Bool {
        let mask =
            UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_FROM) | UInt32(IN_MOVED_TO) | UInt32(IN_CREATE)
            | UInt32(IN_DELETE) | UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF) | UInt32(IN_UNMOUNT)
            | UInt32(IN_ONLYDIR) | (followsLink ? 0 : UInt32(IN_DONT_FOLLOW))
        let watch = folder.withPlatformString { inotify_add_watch(descriptor, $0, mask) }
        guard watch >= 0 else {
            if errno == ENOSPC { output.yield(.limited(folder)) }
            return false
        }
        folders.withLock { $0[watch] = folder }
        return true
    }

    private func listen() {
        // SAFETY: the buffer belongs to this thread and lives as long as it.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)
        defer {
            buffer.deallocate()
            output.finish()
            close(descriptor)
            close(wake)
            close(wakeReader)
        }
        while true {
            var waits = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wakeReader, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&waits, 2, -1) > 0 else { continue }
            guard waits[1].revents == 0 else { return }
            let count = Glibc.read(descriptor, buffer.baseAddress!, buffer.count)
            guard count > 0 else { continue }
            handle(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// Reads `struct inotify_event`s: watch, mask, cookie and length, 4 bytes each, then the name, padded with NULs.
    private func handle(_ bytes: UnsafeRawBufferPointer) {
        var offset = 0
        while offset + 16 <= bytes.count {
            let watch = bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self)
            let mask = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
            let length = Int(bytes.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self))
            let name = bytes[(offset + 16)..<min(offset + 16 + length, bytes.count)].prefix { $0 != 0 }
            handle(watch: watch, mask: mask, name: Array(name))
            offset += 16 + length
        }
    }

    private func handle(watch: Int32, mask: UInt32, name: [UInt8]) {
        func has(_ bit: Int32) -> Bool { mask & UInt32(bit) != 0 }
        if has(IN_Q_OVERFLOW) { return void(output.yield(.overflowed)) }
        guard let folder = folders.withLock({ $0[watch] }) else { return }
        if has(IN_IGNORED) { return void(folders.withLock { $0.removeValue(forKey: watch) }) }
        if has(IN_DELETE_SELF) || has(IN_UNMOUNT) || has(IN_MOVE_SELF) {
            return void(output.yield(.touched(folder)))
        }
        guard !name.isEmpty, name[0] != UInt8(ascii: ".") else { return }
        let path = folder.appending(rawName: name)
        let isFolder = mask & UInt32(IN_ISDIR) != 0
        if isFolder {
            if has(IN_MOVED_FROM) { forget(path) }
            if has(IN_CREATE) || has(IN_MOVED_TO) { self.watch(path, followsLink: false) }
        } else if has(IN_CREATE), !path.isHardLink {
            // Its content comes later, with a close; a hard link has its content, and no close.
            return
        }
        output.yield(.touched(path))
    }

    /// Drops the watches of a folder that moved away: where it went, it is watched anew.
    private func forget(_ path: FilePath) {
        let gone = folders.withLock { folders in
            let gone = folders.filter { $0.value.starts(with: path) }.map(\.key)
            for watch in gone { folders.removeValue(forKey: watch) }
            return gone
        }
        for watch in gone { inotify_rm_watch(descriptor, watch) }
    }

    private func void<Value>(_ value: Value) {}

    private static func subfolders(of folder: FilePath) -> [FilePath] {
        // SAFETY: the DIR pointer is used on this thread only and closed before the method returns.
        guard let stream = folder.withPlatformString({ opendir($0) }) else { return [] }
        defer { closedir(stream) }
        var found: [FilePath] = []
        while let entry = readdir(stream) {
            // SAFETY: d_name is NUL-terminated and stays until the next readdir of this stream.
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            guard name.first != UInt8(ascii: ".") else { continue }
            var kind = Int32(entry.pointee.d_type)
            let path = folder.appending(rawName: name)
            if kind == Int32(DT_UNKNOWN) {
                var status = Glibc.stat()
                guard path.withPlatformString({ lstat($0, &status) }) == 0 else { continue }
                kind = status.st_mode & S_IFMT == S_IFDIR ? Int32(DT_DIR) : 0
            }
            if kind == Int32(DT_DIR) { found.append(path) }
        }
        return found
    }
}

extension FilePath {
    fileprivate var isHardLink: Bool {
        var status = Glibc.stat()
        guard withPlatformString({ lstat($0, &status) }) == 0 else { return false }
        return status.st_mode & S_IFMT == S_IFREG && status.st_nlink > 1
    }
}
