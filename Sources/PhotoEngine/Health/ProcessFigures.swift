internal import Foundation
internal import Glibc

/// What the kernel says of this process (proc(5)), under the names that Prometheus's own clients use.
public struct ProcessFigures: Sendable {
    var residentBytes = 0.0
    var virtualBytes = 0.0
    var processorSeconds = 0.0
    var startedAt = 0.0
    var openFiles = 0.0
    var mostFiles = 0.0

    public init() {
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        let page = Double(sysconf(Int32(_SC_PAGESIZE)))
        // The second field, in parentheses, may hold anything: what counts stands behind the last of them.
        if let text = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        {
            let fields = text[text.index(after: end)...].split(separator: " ").map { Double($0) ?? 0 }
            if fields.count > 21 {
                processorSeconds = (fields[11] + fields[12]) / ticks
                startedAt = Self.bootTime + fields[19] / ticks
                virtualBytes = fields[20]
                residentBytes = fields[21] * page
            }
        }
        openFiles = Double((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0)
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        mostFiles = Double(limit.rlim_cur)
    }

    private static let bootTime: Double = {
        let text = (try? String(contentsOfFile: "/proc/stat", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Double($0.dropFirst(6)) } ?? 0
    }()

    public func write(to metrics: inout MetricsText) {
        metrics.add(
            "process_resident_memory_bytes", .gauge, "Resident memory size in bytes.", residentBytes)
        metrics.add("process_virtual_memory_bytes", .gauge, "Virtual memory size in bytes.", virtualBytes)
        metrics.add("process_cpu_seconds_total", .counter, "Processor time in seconds.", processorSeconds)
        metrics.add("process_start_time_seconds", .gauge, "Start of the process in Unix seconds.", startedAt)
        metrics.add("process_open_fds", .gauge, "Open file descriptors.", openFiles)
        metrics.add("process_max_fds", .gauge, "Most file descriptors that may be open.", mostFiles)
        metrics.add(
            "phototui_uptime_seconds", .gauge, "Seconds since the process started.",
            max(0, Date().timeIntervalSince1970 - startedAt))
    }
}
