internal import CTLS
internal import Glibc

/// TLS over a connected socket, by libssl. Used by one thread.
// SAFETY: libssl forbids two calls on a session at once; whoever owns the socket makes them all on one thread.
final class TLSSession: @unchecked Sendable {
    private let context: OpaquePointer
    private let session: OpaquePointer

    /// Shakes hands until `deadline` (monotonic seconds). Blocks. The server's certificate must be valid for `host`, unless
    /// the address asks for no verification. Throws `RedisFault`.
    init(_ options: RedisAddress.TLS, host: String, descriptor: Int32, deadline: Double) throws {
        ERR_clear_error()
        // SAFETY: the context and the session are freed once, in deinit or on the way out below; the socket outlives them.
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw RedisFault.refused("TLS is not available") }
        do {
            try Self.prepare(context, options)
        } catch {
            SSL_CTX_free(context)
            throw error
        }
        guard let session = SSL_new(context) else {
            SSL_CTX_free(context)
            throw RedisFault.refused("TLS is not available")
        }
        self.context = context
        self.session = session
        SSL_set_fd(session, descriptor)
        let parameters = SSL_get0_param(session)
        // A name and an address are looked for in different fields of a certificate.
        if X509_VERIFY_PARAM_set1_ip_asc(parameters, host) != 1 {
            ERR_clear_error()
            _ = tls_set_server_name(session, host)
            X509_VERIFY_PARAM_set1_host(parameters, host, 0)
        }
        try shakeHands(descriptor, deadline, verifies: options.verifies)
    }

    deinit {
        SSL_free(session)
        SSL_CTX_free(context)
    }

    func end() {
        SSL_shutdown(session)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> RedisSocket.Progress {
        ERR_clear_error()
        let count = SSL_read(session, buffer.baseAddress, Int32(clamping: buffer.count))
        return try progress(count)
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws -> RedisSocket.Progress {
        guard !bytes.isEmpty else { return .moved(0) }
        ERR_clear_error()
        return try progress(SSL_write(session, bytes.baseAddress, Int32(clamping: bytes.count)))
    }

    private static func prepare(_ context: OpaquePointer, _ options: RedisAddress.TLS) throws {
        _ = tls_require_version_1_2(context)
        tls_accept_moving_buffers(context)
        SSL_CTX_set_verify(context, options.verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
        if let authorities = options.authorities {
            guard SSL_CTX_load_verify_locations(context, authorities, nil) == 1 else {
                throw RedisFault.refused("no certificates can be read from \(authorities)")
            }
        } else {
            SSL_CTX_set_default_verify_paths(context)
        }
        guard let certificate = options.certificate else { return }
        guard SSL_CTX_use_certificate_chain_file(context, certificate) == 1,
            SSL_CTX_use_PrivateKey_file(context, options.key ?? certificate, SSL_FILETYPE_PEM) == 1
        else { throw RedisFault.refused("the client's certificate or key can't be read") }
    }

    private func shakeHands(_ descriptor: Int32, _ deadline: Double, verifies: Bool) throws {
        while true {
            ERR_clear_error()
            let code = SSL_connect(session)
            if code == 1 { return }
            switch SSL_get_error(session, code) {
            case SSL_ERROR_WANT_READ:
                do {
                    try RedisSocket.wait(descriptor, for: POLLIN, until: deadline)
                } catch RedisFault.silent {
                    // A Redis without TLS takes a handshake for the beginning of a command, and waits for the rest.
                    throw RedisFault.system(Self.unanswered)
                }
            case SSL_ERROR_WANT_WRITE: try RedisSocket.wait(descriptor, for: POLLOUT, until: deadline)
            default:
                let verdict = SSL_get_verify_result(session)
                if verifies, verdict != Int(X509_V_OK) {
                    let reason = String(cString: X509_verify_cert_error_string(verdict))
                    throw RedisFault.refused("the server's certificate is refused: \(reason)")
                }
                let cause = ERR_reason_error_string(ERR_peek_error()).map { ": " + String(cString: $0) } ?? ""
                throw RedisFault.system("the TLS handshake failed\(cause)")
            }
        }
    }

    private static let unanswered =
        "nothing there answers a TLS handshake (an address for a Redis without TLS begins with redis://)"

    private func progress(_ count: Int32) throws -> RedisSocket.Progress {
        if count > 0 { return .moved(Int(count)) }
        switch SSL_get_error(session, count) {
        case SSL_ERROR_WANT_READ: return .waitsToRead
        case SSL_ERROR_WANT_WRITE: return .waitsToWrite
        case SSL_ERROR_ZERO_RETURN: throw RedisFault.closedByServer
        default: throw RedisFault.system("the TLS connection broke")
        }
    }
}
