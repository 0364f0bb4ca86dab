internal import Catalog
internal import Core
internal import Foundation
public import Health
internal import Jobs

/// What a catalogue counts.
struct LibraryFigures: Sendable {
    let statistics: CatalogStatistics
    let figures: CatalogFigures
    var quota = Quota.none

    init(of catalog: any Catalog) async throws {
        statistics = try await catalog.statistics()
        figures = try await catalog.figures()
        quota = try await catalog.usage().quota
    }

    /// Of nothing.
    init() {
        statistics = CatalogStatistics(
            photos: 0, timeline: 0, missing: 0, unreadable: 0, files: 0, byteCount: ByteCount(0),
            schemaVersion: PostgresCatalog.schemaVersion)
        figures = CatalogFigures()
    }
}

/// What a broker holds of one queue, and the dead letters of all.
struct QueueFigures: Sendable {
    let queue: QueueName
    let depth: QueueDepth
    let oldestSeconds: Double?
    let deadLetters: Int

    static func all(of delivery: CeleryDelivery) async throws -> [QueueFigures] {
        let deadLetters = try await delivery.deadLetterCount()
        var figures: [QueueFigures] = []
        for queue in QueueName.allCases {
            figures.append(
                QueueFigures(
                    queue: queue, depth: try await delivery.depth(of: queue),
                    oldestSeconds: try await delivery.oldestSeconds(of: queue), deadLetters: deadLetters))
        }
        return figures
    }
}

extension LibraryHealth {
    /// Everything for Prometheus. What can't be had within seconds is left out, and `phototui_collected` says so.
    public func metrics(version: String, more: (@Sendable (inout MetricsText) -> Void)? = nil) async -> String {
        async let report = monitor.check()
        async let found = figures.value()
        async let queued = queues?.value()
        var metrics = MetricsText()
        metrics.add("phototui_build_info", .gauge, "The program that answers.", [(["version": version], 1)])
        let (library, depths) = (await found, await queued)
        var collected: [(labels: MetricsText.Labels, value: Double)] = [
            (["source": "catalogue"], library == nil ? 0 : 1)
        ]
        if queues != nil { collected.append((["source": "broker"], depths == nil ? 0 : 1)) }
        metrics.add("phototui_collected", .gauge, "1 where the figures of that source are here.", collected)
        if let library { write(library, to: &metrics) }
        if let depths { write(depths, to: &metrics) }
        write(await report, to: &metrics)
        writeRequests(to: &metrics)
        more?(&metrics)
        ProcessFigures().write(to: &metrics)
        return metrics.text
    }

    private func write(_ library: LibraryFigures, to metrics: inout MetricsText) {
        let statistics = library.statistics
        metrics.add("phototui_photos", .gauge, "Photos in the catalogue.", Double(statistics.photos))
        metrics.add("phototui_photos_missing", .gauge, "Photos whose bytes are gone.", Double(statistics.missing))
        metrics.add(
            "phototui_photos_unreadable", .gauge, "Photos that no picture could be decoded from.",
            Double(statistics.unreadable))
        metrics.add(
            "phototui_originals_bytes", .gauge, "Bytes of all originals.", Double(statistics.byteCount.bytes))
        if let photos = library.quota.photos {
            metrics.add("phototui_quota_photos", .gauge, "Photos that the owner may have.", Double(photos))
        }
        if let bytes = library.quota.bytes {
            metrics.add(
                "phototui_quota_bytes", .gauge, "Bytes of originals that the owner may have.", Double(bytes.bytes))
        }
        metrics.add(
            "phototui_jobs", .gauge, "Jobs in the catalogue.",
            JobKind.allCases.flatMap { kind in
                JobState.allCases.map { state in
                    let sort = CatalogFigures.JobSort(kind: kind, queue: kind.queue, state: state)
                    return (
                        ["kind": kind.rawValue, "queue": kind.queue.rawValue, "state": state.rawValue],
                        Double(library.figures.jobs[sort] ?? 0)
                    )
                }
            })
        metrics.add(
            "phototui_uploads", .gauge, "Uploads in the catalogue.",
            UploadState.allCases.map { state in
                (["state": state.rawValue], Double(library.figures.uploads[state] ?? 0))
            })
    }

    private func write(_ queues: [QueueFigures], to metrics: inout MetricsText) {
        metrics.add(
            "phototui_queue_messages", .gauge, "Messages at the broker.",
            queues.flatMap { figures in
                [
                    (["queue": figures.queue.rawValue, "state": "waiting"], Double(figures.depth.waiting)),
                    (
                        ["queue": figures.queue.rawValue, "state": "unacknowledged"],
                        Double(figures.depth.unacknowledged)
                    ),
                ]
            })
        metrics.add(
            "phototui_queue_oldest_seconds", .gauge, "Age of the oldest waiting message; 0 where none waits.",
            queues.map { (["queue": $0.queue.rawValue], $0.oldestSeconds ?? 0) })
        metrics.add(
            "phototui_dead_letters", .gauge, "Messages that were set aside.", Double(queues.first?.deadLetters ?? 0))
    }

    private func write(_ report: HealthReport, to metrics: inout MetricsText) {
        metrics.add(
            "phototui_ready", .gauge, "1 where every dependency answers.", report.isReady ? 1 : 0)
        metrics.add(
            "phototui_dependency_up", .gauge, "1 where the dependency answers.",
            report.dependencies.map { (["dependency": $0.name], $0.status == .fail ? 0 : 1) })
        let tallies = monitor.tallies.sorted { $0.key < $1.key }
        metrics.add(
            "phototui_dependency_check_seconds", "How long looks at the dependency took.",
            tallies.map { (["dependency": $0.key], $0.value.latencies) })
        metrics.add(
            "phototui_dependency_check_failures_total", .counter, "Looks at the dependency that failed.",
            tallies.map { (["dependency": $0.key], Double($0.value.failures)) })
    }

    /// Of this process alone.
    private func writeRequests(to metrics: inout MetricsText) {
        let readings = RequestMeter.all.map { (labels: ["server": $0.name] as MetricsText.Labels, $0.reading) }
        metrics.add(
            "phototui_request_seconds", "How long this process waited for answers.",
            readings.map { ($0.labels, $0.1.latencies) })
        metrics.add(
            "phototui_request_failures_total", .counter, "Requests of this process that failed.",
            readings.map { ($0.labels, Double($0.1.failures)) })
        metrics.add(
            "phototui_request_retries_total", .counter, "Requests tried again, and connections made anew.",
            readings.map { ($0.labels, Double($0.1.retries)) })
        metrics.add(
            "phototui_breaker_open", .gauge, "1 while requests are held back because the server failed too often.",
            readings.map { ($0.labels, $0.1.isBreaking ? 1 : 0) })
    }
}
