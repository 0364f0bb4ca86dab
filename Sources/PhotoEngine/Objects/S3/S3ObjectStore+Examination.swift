public import Core
internal import Foundation

extension S3ObjectStore {
    /// Looks at the bucket, and stores, reads and deletes a small object in it. `profile` is named in the commands it advises.
    public func findings(profile: String) async -> [Finding] {
        var findings: [Finding] = []
        do {
            findings.append(try await reach())
            findings += try await roundTrip()
            findings.append(try await traitsFinding())
            findings.append(await versioning())
            findings.append(await lifecycle(profile))
        } catch {
            findings.append(Finding("bucket", failed: error))
        }
        return findings
    }

    private func reach() async throws -> Finding {
        var request = S3Client.Request(method: "GET")
        request.query = [("list-type", "2"), ("max-keys", "1"), ("prefix", prefix)]
        let start = Date()
        let response = try await client.send(request)
        let seconds = Date().timeIntervalSince(start)
        guard response.status == 200 else { throw client.refusal(response, doing: "listing objects") }
        return Finding("bucket", .ok, "\(client.location), \(Self.time(seconds)) for a list")
    }

    private func roundTrip() async throws -> [Finding] {
        let text = "phototui-doctor/\(UUID().uuidString.lowercased())"
        guard let key = ObjectKey(untrusted: text) else { return [] }
        let bytes = Array("phototui doctor \(Date())".utf8)
        var steps: [String] = []
        func step<Value>(_ name: String, _ body: () async throws -> Value) async throws -> Value {
            let start = Date()
            let value = try await body()
            steps.append("\(name) \(Self.time(Date().timeIntervalSince(start)))")
            return value
        }
        var findings: [Finding] = []
        do {
            try await step("write") { try await put(bytes, at: key, sha256: nil) }
            let read = try await step("read") { try await get(key) }
            guard read == bytes else {
                throw EngineError(.corrupt, "what was read is not what was written")
            }
            findings.append(await secrecy(of: key))
            try await step("delete") { try await delete(key) }
            guard try await head(key) == nil else {
                throw EngineError(.conflict, "the object is there after it was deleted")
            }
            findings.insert(Finding("write, read, delete", .ok, steps.joined(separator: ", ")), at: 0)
        } catch {
            findings.insert(Finding("write, read, delete", failed: error), at: 0)
            try? await delete(key)
        }
        return findings
    }

    /// Whether anybody can read the object: photos must not be public.
    private func secrecy(of key: ObjectKey) async -> Finding {
        let signed = presignGet(key, seconds: 60).url
        let plain = String(signed.prefix { $0 != "?" })
        do {
            let response = try await HTTPClient().send(
                "GET", plain, headers: [], body: .none, sink: .memory(limit: 1 << 20))
            guard response.status == 200 else {
                return Finding("privacy", .ok, "without a key nothing can be read (\(response.status))")
            }
            return Finding(
                "privacy", .fail, "anybody can read the bucket's objects",
                whatToDo: "make \(client.location.bucket) private at the provider")
        } catch {
            return Finding("privacy", .warning, "could not be tried")
        }
    }

    private func traitsFinding() async throws -> Finding {
        let traits = try await traits()
        func word(_ holds: Bool, _ text: String) -> String { (holds ? "" : "no ") + text }
        return Finding(
            "traits", .ok,
            [
                word(traits.takesChecksums, "checksum headers"), word(traits.takesConditions, "conditional writes"),
                word(traits.keepsVersions, "versions to delete"),
            ].joined(separator: ", "))
    }

    private func versioning() async -> Finding {
        var request = S3Client.Request(method: "GET")
        request.query = [("versioning", "")]
        do {
            let response = try await client.send(request)
            guard response.status == 200 else { throw client.refusal(response, doing: "asking for versioning") }
            let status = S3Answer(response.body).text("Status") ?? "off"
            return status == "Enabled"
                ? Finding("versioning", .ok, "on: what is deleted or replaced stays for a while")
                : Finding(
                    "versioning", .ok, status.lowercased(),
                    whatToDo: "switch it on to be able to restore what somebody deletes by mistake")
        } catch {
            return Finding(
                "versioning", .warning, "can't be asked: \((error as? EngineError)?.whatHappened ?? "no answer")",
                whatToDo: "see at the provider that versions are kept")
        }
    }

    private func lifecycle(_ profile: String) async -> Finding {
        var request = S3Client.Request(method: "GET")
        request.query = [("lifecycle", "")]
        let advice = "run: phototui storage lifecycle --profile \(profile)"
        do {
            let response = try await client.send(request)
            if response.status == 404 {
                return Finding(
                    "lifecycle", .warning, "no rules: parts of uploads that were given up stay, and are paid for",
                    whatToDo: advice)
            }
            guard response.status == 200 else { throw client.refusal(response, doing: "asking for lifecycle rules") }
            let answer = S3Answer(response.body)
            let rules = answer.elements("Rule")
            let hasAbort = answer.text("DaysAfterInitiation") != nil
            return Finding(
                "lifecycle", hasAbort ? .ok : .warning,
                "\(rules.count) rules\(hasAbort ? ", unfinished uploads among them" : ", none for unfinished uploads")",
                whatToDo: hasAbort ? nil : advice)
        } catch {
            return Finding(
                "lifecycle", .warning, "can't be asked: \((error as? EngineError)?.whatHappened ?? "no answer")",
                whatToDo: "see at the provider that unfinished uploads are dropped")
        }
    }

    private static func time(_ seconds: Double) -> String { String(format: "%.1f ms", seconds * 1000) }
}
