import Dispatch
public import Grid
import Synchronization

/// The pictures that cells show parts of, and how to come by their pixels; made ready on threads of their own, in the
/// order in which the terminal wants them.
///
/// Bounded: the sources not used for longest are forgotten, and what shows them stays symbols.
public final class ImageStore<Key: Hashable & Sendable>: ImageSupply {
    /// Gives the picture, its shape kept, at most so many pixels wide and high; nil when it can't be had any more.
    public typealias Source = @Sendable (_ width: Int, _ height: Int) -> PixelImage?

    private struct Entry {
        let key: Key
        let size: GridSize
        /// Bytes that the source holds.
        let cost: Int
        let source: Source
        var lastUse: UInt64
        var form: ImageForm?
        /// nil while it is not made, or where it can't be.
        var encoded: EncodedImage?
    }

    private struct State {
        var entries: [ImageID: Entry] = [:]
        var ids: [Key: ImageID] = [:]
        var bytes = 0
        var uses: UInt64 = 0
        var lastID: UInt32 = 0
        var wanted: [ImageID] = []
        var form: ImageForm?
        var workers = 0
        var isReady: @Sendable () -> Void = {}
    }

    private let state = Mutex(State())
    private let capacity: Int
    private let threads = DispatchQueue(label: "phototui.images", qos: .utility, attributes: .concurrent)
    private static var workerLimit: Int { 2 }

    /// - Parameter capacity: bytes of sources and of pictures made ready.
    public init(capacity: Int = 128 << 20) { self.capacity = capacity }

    /// The picture's number: the same for the same key, as long as it is known.
    public func id(for key: Key, size: GridSize, cost: Int, source: @escaping Source) -> ImageID {
        state.withLock { state in
            state.uses += 1
            if let id = state.ids[key], state.entries[id]?.size == size {
                state.entries[id]?.lastUse = state.uses
                return id
            }
            makeRoom(for: cost, in: &state)
            state.lastID += 1
            let id = ImageID(state.lastID)
            state.ids[key] = id
            state.entries[id] = Entry(key: key, size: size, cost: cost, source: source, lastUse: state.uses)
            state.bytes += cost
            return id
        }
    }

    private func makeRoom(for cost: Int, in state: inout State) {
        guard state.bytes + cost > capacity else { return }
        for (id, entry) in state.entries.sorted(by: { $0.value.lastUse < $1.value.lastUse }) {
            if state.bytes + cost <= capacity * 3 / 4 { return }
            state.entries[id] = nil
            if state.ids[entry.key] == id { state.ids[entry.key] = nil }
            state.bytes -= entry.cost + Self.bytes(of: entry.encoded)
        }
    }

    private static func bytes(of image: EncodedImage?) -> Int {
        switch image?.content {
        case .file(let file): file.count
        case .indexed(let image): image.indices.count
        case .pixels(let image): image.rgba.count
        case nil: 0
        }
    }

    public func image(_ id: ImageID, as form: ImageForm) -> EncodedImage? {
        state.withLock { state in
            guard let entry = state.entries[id], entry.form == form else { return nil }
            state.uses += 1
            state.entries[id]?.lastUse = state.uses
            return entry.encoded
        }
    }

    public func isLost(_ id: ImageID) -> Bool {
        // Forgotten, or tried in vain.
        state.withLock { state in state.entries[id].map { $0.form != nil && $0.encoded == nil } ?? true }
    }

    public func want(_ ids: [ImageID], as form: ImageForm, isReady: @escaping @Sendable () -> Void) {
        let begins = state.withLock { state in
            // What was tried in this form is there, or can't be had.
            state.wanted = ids.filter { state.entries[$0].map { $0.form != form } ?? false }
            (state.form, state.isReady) = (form, isReady)
            let count = min(state.wanted.count, Self.workerLimit - state.workers)
            state.workers += max(0, count)
            return count
        }
        for _ in 0..<max(0, begins) { threads.async { self.work() } }
    }

    private func work() {
        while let (id, entry, form) = next() {
            let picture = entry.source(entry.size.columns * form.cellWidth, entry.size.rows * form.cellHeight)
            let encoded = picture.flatMap { ImageEncoder.encode($0, size: entry.size, form: form) }
            let isReady = state.withLock { state -> @Sendable () -> Void in
                if state.entries[id] != nil {
                    state.bytes += Self.bytes(of: encoded) - Self.bytes(of: state.entries[id]?.encoded)
                    state.entries[id]?.encoded = encoded
                    state.entries[id]?.form = form
                }
                return state.isReady
            }
            isReady()
        }
    }

    private func next() -> (ImageID, Entry, ImageForm)? {
        state.withLock { state in
            while !state.wanted.isEmpty {
                let id = state.wanted.removeFirst()
                if let entry = state.entries[id], let form = state.form { return (id, entry, form) }
            }
            state.workers -= 1
            return nil
        }
    }
}
