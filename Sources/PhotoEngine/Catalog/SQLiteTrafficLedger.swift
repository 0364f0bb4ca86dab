public import Core
public import SystemPackage

/// A storage's traffic in a SQLite file of its own.
public final class SQLiteTrafficLedger: TrafficLedger {
    private let database: SQLiteDatabase

    private init(_ database: SQLiteDatabase) { self.database = database }

    /// Opens the file, creating it.
    public static func open(_ file: FilePath) async throws -> SQLiteTrafficLedger {
        let database = try await SQLiteDatabase.open(
            file, settings: SQLiteSettings(cacheKilobytes: 512, writerCacheKilobytes: 512, readers: 1))
        do {
            try await database.write { connection in
                try connection.execute(
                    """
                    CREATE TABLE IF NOT EXISTS traffic (
                        day INTEGER NOT NULL, kind TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (day, kind)
                    ) WITHOUT ROWID
                    """, [])
                try connection.execute(
                    """
                    CREATE TABLE IF NOT EXISTS measure (
                        share TEXT PRIMARY KEY, at REAL NOT NULL, objects INTEGER NOT NULL, bytes INTEGER NOT NULL
                    ) WITHOUT ROWID
                    """, [])
            }
        } catch {
            try? await database.close()
            throw error
        }
        return SQLiteTrafficLedger(database)
    }

    private static let sent = "bytes_sent"
    private static let received = "bytes_received"

    public func add(_ traffic: StorageTraffic, day: Int) async throws {
        var values = Dictionary(uniqueKeysWithValues: traffic.requests.map { ($0.key.rawValue, $0.value) })
        values[Self.sent] = traffic.bytesSent.bytes
        values[Self.received] = traffic.bytesReceived.bytes
        let rows = values.filter { $0.value != 0 }.sorted { $0.key < $1.key }
        try await database.write(.soon) { connection in
            for (kind, value) in rows {
                try connection.execute(
                    """
                    INSERT INTO traffic (day, kind, value) VALUES (?, ?, ?)
                    ON CONFLICT (day, kind) DO UPDATE SET value = value + excluded.value
                    """, [.int(day), .text(kind), .integer(value)])
            }
        }
    }

    public func traffic(since day: Int) async throws -> [DailyTraffic] {
        var days: [DailyTraffic] = []
        for row in try await database.rows(
            "SELECT day, kind, value FROM traffic WHERE day >= ? ORDER BY day", [.int(day)])
        {
            var row = row
            let (day, kind, value) = (Int(try row.int64()), try row.text(), try row.int64())
            if days.last?.day != day { days.append(DailyTraffic(day: day, traffic: StorageTraffic())) }
            var traffic = days[days.count - 1].traffic
            switch kind {
            case Self.sent: traffic.bytesSent = ByteCount(value)
            case Self.received: traffic.bytesReceived = ByteCount(value)
            default: if let kind = StorageTraffic.Kind(rawValue: kind) { traffic.requests[kind] = value }
            }
            days[days.count - 1].traffic = traffic
        }
        return days
    }

    public func measure() async throws -> StorageMeasure? {
        var found: StorageMeasure?
        for row in try await database.rows("SELECT share, at, objects, bytes FROM measure", []) {
            var row = row
            let (share, at) = (try row.text(), try SQLRow.present(row.optionalDouble()))
            let held = StorageMeasure.Share(objects: try row.int64(), bytes: ByteCount(try row.int64()))
            var measure = found ?? StorageMeasure(at: at)
            switch share {
            case "originals": measure.originals = held
            case "renditions": measure.renditions = held
            default: measure.others = held
            }
            found = measure
        }
        return found
    }

    public func keep(_ measure: StorageMeasure) async throws {
        let shares = [
            ("originals", measure.originals), ("renditions", measure.renditions), ("others", measure.others),
        ]
        try await database.write(.soon) { connection in
            for (name, share) in shares {
                try connection.execute(
                    """
                    INSERT INTO measure (share, at, objects, bytes) VALUES (?, ?, ?, ?)
                    ON CONFLICT (share) DO UPDATE SET at = excluded.at, objects = excluded.objects, bytes = excluded.bytes
                    """, [.text(name), .real(measure.at), .integer(share.objects), .integer(share.bytes.bytes)])
            }
        }
    }

    public func close() async { try? await database.close() }
}
