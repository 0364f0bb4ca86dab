public import Core
import Foundation

extension S3ObjectStore {
    public func list(
        prefix: String, after: ObjectKey?, limit: Int, strange: @escaping @Sendable (StrangeObject) -> Void
    ) async throws -> [ObjectSummary] {
        guard limit > 0 else { return [] }
        var found: [ObjectSummary] = []
        let start = after.map { self.prefix + $0.description }
        if client.location.listsInOrder {
            var start = start
            while found.count < limit {
                let page = try await page(
                    prefix: self.prefix + prefix, delimiter: nil, start: start, limit: limit - found.count)
                for listed in page.objects { take(listed, into: &found, strange) }
                start = page.objects.last?.name
                guard page.isTruncated, start != nil else { break }
            }
        } else {
            try await walk(self.prefix + prefix, after: start, limit: limit, into: &found, strange)
        }
        return found
    }

    /// Lists folder by folder, each in the order of its bytes.
    private func walk(
        _ level: String, after: String?, limit: Int, into found: inout [ObjectSummary],
        _ strange: (StrangeObject) -> Void
    ) async throws {
        var names: [(name: String, byteCount: Int64?)] = []
        var token: String?
        repeat {
            let page = try await page(prefix: level, delimiter: "/", start: nil, limit: 1000, token: token)
            names += page.objects.map { ($0.name, $0.byteCount) } + page.folders.map { ($0, nil) }
            token = page.isTruncated ? page.next : nil
        } while token != nil
        for (name, byteCount) in names.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
            guard found.count < limit else { return }
            let isBehind = after.map { $0.utf8.lexicographicallyPrecedes(name.utf8) } ?? true
            if let byteCount {
                if isBehind { take((name, byteCount), into: &found, strange) }
            } else if isBehind || after?.hasPrefix(name) == true {
                try await walk(name, after: isBehind ? nil : after, limit: limit, into: &found, strange)
            }
        }
    }

    private typealias Listed = (name: String, byteCount: Int64)

    private func take(_ listed: Listed, into found: inout [ObjectSummary], _ strange: (StrangeObject) -> Void) {
        guard listed.name.hasPrefix(prefix) else { return }
        let name = String(listed.name.dropFirst(prefix.count))
        let byteCount = ByteCount(listed.byteCount)
        if let key = ObjectKey(untrusted: name) {
            found.append(ObjectSummary(key: key, byteCount: byteCount))
        } else {
            strange(StrangeObject(name: name, byteCount: byteCount))
        }
    }

    private func page(
        prefix: String, delimiter: String?, start: String?, limit: Int, token: String? = nil
    ) async throws -> (objects: [Listed], folders: [String], isTruncated: Bool, next: String?) {
        var request = S3Client.Request(method: "GET")
        // XML 1.0 has no way to write control characters: names come as they are only where they are encoded.
        request.query = [
            ("list-type", "2"), ("max-keys", "\(min(1000, limit))"), ("prefix", prefix), ("encoding-type", "url"),
        ]
        if let delimiter { request.query.append(("delimiter", delimiter)) }
        if let start { request.query.append(("start-after", start)) }
        if let token { request.query.append(("continuation-token", token)) }
        let response = try await client.send(request)
        guard response.status == 200 else { throw client.refusal(response, doing: "listing objects", isAnything: true) }
        let answer = S3Answer(response.body)
        let isEncoded = answer.text("EncodingType") == "url"
        func name(_ element: S3Answer, _ field: String) -> String? {
            guard let text = element.text(field) else { return nil }
            let name = isEncoded ? text.replacing("+", with: " ").removingPercentEncoding ?? text : text
            // A server that walks folders takes `a//` for `a/`.
            return name.utf8.starts(with: prefix.utf8) ? name : nil
        }
        let objects = answer.elements("Contents").compactMap { element -> Listed? in
            guard let name = name(element, "Key"), let size = element.text("Size").flatMap({ Int64($0) })
            else { return nil }
            return (name, size)
        }
        let folders = answer.elements("CommonPrefixes").compactMap { name($0, "Prefix") }
        return (objects, folders, answer.text("IsTruncated") == "true", answer.text("NextContinuationToken"))
    }

    public func versions(of key: ObjectKey) async throws -> [ObjectVersion] {
        try await versions(ofName: prefix + key.description).map { element in
            let id = element.text("VersionId")
            return ObjectVersion(
                id: id == "null" ? nil : id, storedAt: element.text("LastModified") ?? "",
                byteCount: element.text("Size").flatMap { Int64($0) }.map { ByteCount($0) },
                isLatest: element.text("IsLatest") == "true")
        }.sorted { ($0.isLatest ? 1 : 0, $0.storedAt) > ($1.isLatest ? 1 : 0, $1.storedAt) }
    }

    /// The ids of one key's versions, hiding ones among them.
    func versions(of name: String) async throws -> [String] {
        try await versions(ofName: name).compactMap { $0.text("VersionId") }
    }

    private func versions(ofName name: String) async throws -> [S3Answer] {
        var found: [S3Answer] = []
        var marker: (key: String, version: String)?
        while true {
            var request = S3Client.Request(method: "GET")
            request.query = [("versions", ""), ("prefix", name), ("max-keys", "1000")]
            if let marker {
                request.query += [("key-marker", marker.key), ("version-id-marker", marker.version)]
            }
            let response = try await client.send(request)
            guard response.status == 200 else {
                throw client.refusal(response, doing: "listing the versions of \(name)")
            }
            let answer = S3Answer(response.body)
            found += (answer.elements("Version") + answer.elements("DeleteMarker")).filter { $0.text("Key") == name }
            guard answer.text("IsTruncated") == "true", let next = answer.text("NextKeyMarker"), next == name,
                let version = answer.text("NextVersionIdMarker")
            else { return found }
            marker = (next, version)
        }
    }
}
