internal import Core

extension StorageTraffic {
    /// One request as it was sent, whatever came of it.
    init(_ request: S3Client.Request, _ response: HTTPResponse?) {
        let names = Set(request.query.map(\.name))
        let kind: Kind =
            switch request.method {
            case "GET":
                request.key.isEmpty || !names.isDisjoint(with: ["list-type", "uploads", "uploadId", "versions"])
                    ? .list : .read
            case "HEAD": .look
            case "DELETE": .delete
            case "POST" where names.contains("delete"): .delete
            default: .write
            }
        var received = Int64(response?.body.count ?? 0)
        if request.method == "GET", let length = response?.headers["content-length"].flatMap({ Int64($0) }) {
            received = max(received, length)
        }
        self.init(
            requests: [kind: 1], bytesSent: ByteCount(request.body.byteCount), bytesReceived: ByteCount(received))
    }
}
