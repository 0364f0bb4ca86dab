internal import Core
internal import Digest

extension S3ObjectStore {
    public func setLifecycle() async throws {
        let body = lifecycle(keeping: try await storedRules())
        var request = S3Client.Request(method: "PUT")
        request.query = [("lifecycle", "")]
        request.body = .bytes(body)
        request.headers = [("x-amz-checksum-sha256", Checksum.base64(SHA256Hasher.digest(body)))]
        let response = try await client.send(request)
        guard [200, 204].contains(response.status) else {
            throw client.refusal(response, doing: "setting the bucket's lifecycle")
        }
    }

    /// Our rules and, as they are, those of others among the stored ones.
    func lifecycle(keeping stored: [S3Answer]) -> [UInt8] {
        let own = lifecycleRules()
        let kept = stored.filter { stored in !own.contains { $0.id == stored.text("ID") } }
        let rules = own.map { "<ID>\(S3Answer.escaped($0.id))</ID>\($0.rest)" } + kept.map(\.source)
        let lines = rules.map { "<Rule>\($0)</Rule>" }.joined()
        return Array("<LifecycleConfiguration>\(lines)</LifecycleConfiguration>".utf8)
    }

    /// For what is under our prefix.
    private func lifecycleRules() -> [(id: String, rest: String)] {
        func rule(_ name: String, under folder: String = "", _ action: String) -> (id: String, rest: String) {
            let prefix = self.prefix + folder
            let filter = "<Filter><Prefix>\(S3Answer.escaped(prefix))</Prefix></Filter><Status>Enabled</Status>"
            return (self.prefix.isEmpty ? "phototui-\(name)" : "phototui-\(name)-\(prefix)", filter + action)
        }
        var rules = [
            rule(
                "unfinished",
                "<AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation>"
                    + "</AbortIncompleteMultipartUpload>"),
            rule(
                "versions",
                "<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>"),
        ]
        if client.location.hasColdStorage {
            rules.append(
                rule(
                    "cold", under: "renditions/",
                    "<Transition><Days>90</Days><StorageClass>STANDARD_IA</StorageClass></Transition>"))
        }
        return rules
    }

    /// The rules that the bucket has: a new configuration takes the place of all of them.
    private func storedRules() async throws -> [S3Answer] {
        var request = S3Client.Request(method: "GET")
        request.query = [("lifecycle", "")]
        let response = try await client.send(request)
        if response.status == 200 { return S3Answer(response.body).elements("Rule") }
        guard S3Answer(response.body).text("Code") == "NoSuchLifecycleConfiguration" else {
            throw client.refusal(response, doing: "asking for the bucket's lifecycle")
        }
        return []
    }
}
