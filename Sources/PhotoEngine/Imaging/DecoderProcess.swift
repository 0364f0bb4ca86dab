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
    private var hasAnswered = false

    /// Starts a decoder. Throws `.unavailable` when that fails, retryable when descriptors, memory or processes ran out.
    init(executable: String) throws {
        var pid: pid_t = 0
        var socket: Int32 = -1
        var standardError: Int32 = -1
        let code = phototui_spawn_decoder(executable, &pid, &socket, &standardError)
        guard code == 0 else {
            // What is scarce now comes back; a program that is missing doesn't.
            let isScarce = [EAGAIN, EMFILE, ENFILE, ENOMEM].contains(code)
            throw EngineError(
                .unavailable, "the decoder could not be started (\(String(cString: strerror(code))))",
                whatToDo: isScarce ? "try again" : "set PHOTOTUI_DECODER to the phototui-decoder program",
                isRetryable: isScarce, cause: isScarce ? nil : ServerRefusal())
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

    /// Whether the process has ended, as one that somebody killed while it was idle.
    var hasEnded: Bool {
        lock.withLock {
            var status: Int32 = 0
            if !isReaped, waitpid(pid, &status, WNOHANG) != 0 { isReaped = true }
            return isReaped
        }
    }

    /// `Seccomp:` of its /proc/PID/status; nil where the kernel doesn't tell.
    var seccompMode: Int? {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8) else { return nil }
        let line = status.split(separator: "\n").first { $0.hasPrefix("Seccomp:") }
        return line.flatMap { Int($0.dropFirst("Seccomp:".count).trimmingCharacters(in: .whitespaces)) }
    }

    /// Ends the decoder at once; a call in progress fails.
    func kill() {
        lock.withLock { if !isReaped { _ = Glibc.kill(pid, SIGKILL) } }
    }

    /// Asks a decoder that was just started what it is. Throws where it is of another version: what it then answers makes no sense, and
    /// that is no picture's fault.
    func requireFit(_ limits: DecoderLimits) throws {
        try send(DecoderRequest(task: .describe, limits: limits), file: -1)
        guard case .described(let description) = try receive(limits).reply else { throw Self.unfit("unknown") }
        guard description.version == ProgramVersion.decoder else {
            throw Self.unfit(description.version.map { displayEscaped($0) } ?? "older")
        }
    }

    private static func unfit(_ version: String) -> EngineError {
        EngineError(
            .unavailable,
            "phototui-decoder is of another version (\(version)) than phototui (\(ProgramVersion.decoder))",
            whatToDo: "install both from the same build, or set PHOTOTUI_DECODER to the phototui-decoder of this one",
            cause: ServerRefusal())
    }

    /// Sends a request with its file and waits for the answer. Throws `.timedOut` or `.decoderCrashed`; the decoder is of no
    /// further use then.
    func exchange(_ request: DecoderRequest, file: Int32) throws -> (reply: DecoderReply, payload: [UInt8]) {
        try send(request, file: file)
        return try receive(request.limits)
    }

    /// The first half of `exchange`.
    func send(_ request: DecoderRequest, file: Int32) throws {
        try telling(request.limits) { try socket.send(request, file: file) }
    }

    /// The next answer, for a request that has several.
    func receive(_ limits: DecoderLimits) throws -> (reply: DecoderReply, payload: [UInt8]) {
        try telling(limits) {
            let deadline = MonotonicTime.seconds + Double(limits.wallSeconds)
            let (reply, payload, _) = try socket.receive(DecoderReply.self, deadline: deadline)
            _ = drainStandardError()
            lock.withLock { hasAnswered = true }
            return (reply, payload)
        }
    }

    private func telling<Value>(_ limits: DecoderLimits, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch is DecoderSocket.DeadlinePassed {
            kill()
            throw EngineError(.timedOut, "the decoder took longer than \(limits.wallSeconds) s")
        } catch {
            let isNew = lock.withLock { !hasAnswered }
            if isNew, error is DecodingError {
                kill()
                throw Self.unfit("unknown")
            }
            let (fate, exitCode) = reap()
            let evidence = fate + drainStandardError()
            if isNew, let exitCode {
                // It never was ready: no picture's fault. One that ends well does not know what it was asked.
                if exitCode == 0 { throw Self.unfit("unknown") }
                throw EngineError(
                    .unavailable, "the decoder does not start: it \(evidence)",
                    whatToDo: "install its libraries, or set PHOTOTUI_DECODER to a phototui-decoder that starts",
                    cause: ServerRefusal())
            }
            throw EngineError(.decoderCrashed, "the decoder \(evidence)")
        }
    }

    /// Waits for the process, which has closed its socket or is ended here, and tells how it ended; with its exit code
    /// unless a signal ended it.
    private func reap() -> (fate: String, exitCode: Int32?) {
        var status: Int32 = 0
        var isOurs = false
        for attempt in 0... {
            // A crash closes the socket a moment before it can be waited for; one that lives on is ended.
            let result = lock.withLock { () -> pid_t in
                guard !isReaped else { return -1 }
                let result = waitpid(pid, &status, WNOHANG)
                if result != 0 { isReaped = true }
                return result
            }
            isOurs = result == pid
            if result != 0 { break }
            if attempt == 250 { kill() }
            usleep(2_000)
        }
        guard isOurs else { return ("ended", nil) }
        let signal = status & 0x7F
        switch signal {
        case 0: return ("ended with status \(status >> 8 & 0xFF)", status >> 8 & 0xFF)
        case SIGKILL: return ("was killed", nil)
        case SIGXCPU: return ("used up its processor time", nil)
        case SIGSYS: return ("made a system call that its sandbox forbids", nil)
        default: return ("crashed (\(String(cString: strsignal(signal))))", nil)
        }
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
