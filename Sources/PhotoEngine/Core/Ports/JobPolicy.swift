/// The fixed numbers of the job state machine.
public enum JobPolicy {
    /// Attempts after which a retryable failure is final.
    public static let maximumAttempts = 8
    /// The same where a server was away, which says nothing of the job: over an hour of an outage.
    public static let maximumOutageAttempts = 250
    /// Worker deaths under one job after which it is dead.
    public static let poisonLimit = 3
    /// How long a claim holds without a heartbeat.
    public static let leaseSeconds: Double = 60

    /// Seconds for which whoever runs jobs begins none, the `count`-th time in a row that a server refuses it.
    public static func pauseSeconds(count: Int) -> Double { Double(1 << min(max(count - 1, 0), 5)) }

    /// Seconds to wait before attempt `attempt + 1`: full jitter over 2^attempt, at most 32 (AWS Architecture Blog,
    /// "Exponential Backoff And Jitter").
    public static func backoffSeconds(attempt: Int, random: any RandomSource) -> Double {
        let ceiling = Double(1 << min(max(attempt, 0), 5))
        return ceiling * Double(random.next() >> 11) / Double(1 << 53)
    }
}
