import Core
import Health
import PhotoEngine

/// Health over HTTP: `/health/live`, `/health/ready` and `/metrics`.
struct HealthService {
    private let server: HealthServer

    /// Serves from now on. `more` adds figures of this process.
    init(
        _ address: HealthAddress, _ health: LibraryHealth, more: (@Sendable (inout MetricsText) -> Void)? = nil
    ) throws {
        server = try HealthServer(address) { path in
            switch path {
            case "/health/live": .now(.text(200, "live"))
            case "/health/ready":
                .later {
                    let report = await health.monitor.check()
                    return HealthServer.Answer(
                        report.isReady ? 200 : 503, report.json, contentType: "application/json")
                }
            case "/metrics":
                .later {
                    let text = await health.metrics(version: Phototui.version, more: more)
                    return HealthServer.Answer(200, Array(text.utf8), contentType: MetricsText.contentType)
                }
            case "/": .now(.text(200, "/health/live\n/health/ready\n/metrics"))
            default: nil
            }
        }
    }

    var address: HealthAddress { server.address }

    func close() { server.close() }

    /// Says where it serves, and that anybody who reaches the address may read it.
    func announce() {
        Console.complain("health: serving /health/live, /health/ready and /metrics on \(address)")
        if !address.isLocal {
            Console.complain("health: other machines can reach \(address), and nobody is asked for a password")
        }
    }
}
