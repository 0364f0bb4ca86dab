internal import CProcess
internal import Core
internal import Foundation
internal import Glibc

/// One warm decoder. Used by one thread at a time, but for `kill`, which any may call.
final class DecoderProcess: @unchecked Sendable {
    // SAFETY: `state` is guarded by `lock`; everything else is constant.
    private let socket: DecoderSocket
    private let standardError: Int32
    private let pid: pid_t
    private let lock = NSLock()
    private var isReaped = false

    /// Starts a decoder. Throws `.unavailable` when that fails.
    init(executable: String) throws {
        var pid: pid_t = 0
        var socket: Int32 = -1
        var standardError: Int32 = -1
        let code = phototui_spawn_decoder(executable, &pid, &socket, &standardError)
        guard code == 0 else {
            throw EngineError(
                .unavailable, "the decoder could not be started (\(String(cString: strerror(code))))",
                whatToDo: "set PHOTOTUI_DECODER to the phototui-decoder program", isRetryable: code == EAGAIN)
        }
        self.pid = pid
        self.socket = DecoderSocket(descriptor: socket)
        self.standardError = standardError
    }

    deinit {
        kill()
        _ = reap()
        close(socket.descriptor)
        close(standardError)
    }

    /// Ends the decoder at once; a call in progress fails.
    func kill() {
        lock.withLock { if !isReaped { _ = Glibc.kill(pid, SIGKILL) } }
    }

    /// Sends a request with its file and waits for the answer. Throws `.timedOut` or `.decoderCrashed`; the decoder is of no
    /// further use then.
    func exchange(_ request: DecoderRequest, file: Int32) throws -> (reply: DecoderReply, payload: [UInt8]) {
        let deadline = MonotonicTime.seconds + Double(request.limits.wallSeconds)
        do {
            try socket.send(request, file: file)
            let (reply, payload, _) = try socket.receive(DecoderReply.self, deadline: deadline)
            _ = drainStandardError()
            return (reply, payload)
        } catch is DecoderSocket.DeadlinePassed {
            kill()
            throw EngineError(.timedOut, "the decoder took longer than \(request.limits.wallSeconds) s")
        } catch {
            kill()
            throw EngineError(.decoderCrashed, "the decoder \(reap())\(drainStandardError())")
        }
    }

    /// Waits for the process to end and tells how it did.
    private func reap() -> String {
        var status: Int32 = 0
        let ended = lock.withLock { () -> Bool in
            guard !isReaped else { return false }
            while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
            isReaped = true
            return true
        }
        guard ended else { return "ended" }
        let signal = status & 0x7F
        guard signal == 0 else {
            switch signal {
            case SIGKILL: return "was killed"
            case SIGXCPU: return "used up its processor time"
            case SIGSYS: return "made a system call that its sandbox forbids"
            default: return "crashed (\(String(cString: strsignal(signal))))"
            }
        }
        return "ended with status \(status >> 8 & 0xFF)"
    }

    /// The last line that the decoder wrote to its standard error, as evidence: escaped, after a separator.
    private func drainStandardError() -> String {
        var tail: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(standardError, &buffer, buffer.count)
            guard count > 0 else { break }
            tail = Array((tail + buffer.prefix(count)).suffix(4096))
        }
        guard let line = tail.split(separator: UInt8(ascii: "\n")).last else { return "" }
        return ": " + displayEscaped(bytes: Array(line.prefix(300)))
    }
}
