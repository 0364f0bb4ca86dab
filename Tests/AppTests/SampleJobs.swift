import Core

@testable import App

extension SampleBroker {
    static func job(
        _ id: String, task: String = "shop.mail.send", state: String, _ standing: ListedJob.Standing,
        queue: String? = "celery", worker: String? = nil, attempts: Int = 1, wait: Double? = nil, run: Double? = nil,
        changed: Double, error: String? = nil
    ) -> ListedJob {
        ListedJob(
            id: id, task: task, state: state, standing: standing, queue: queue, worker: worker, attempts: attempts,
            waitSeconds: wait, runSeconds: run, changedAt: changed, error: error)
    }

    /// What the history of a shop's broker has, names and errors that mean harm among it.
    static var watchedShop: SampleBroker {
        var broker = SampleBroker.shop
        let now = broker.now
        broker.watchedUntil = now - 1
        broker.jobs = [
            job(
                "8c1d7f00-0009", task: "shop.\u{1b}[2Jreport", state: "running", .running, worker: "celery@web1",
                wait: 0.25, changed: now - 312),
            job(
                "8c1d7f00-0008", state: "failed", .failed, worker: "celery@web1", attempts: 3, wait: 1.5, run: 0.85,
                changed: now - 330, error: "ConnectionError: mail.example:25 refused\u{1b}[2J"),
            job(
                "8c1d7f00-0007", state: "succeeded", .succeeded, worker: "celery@web2", wait: 0.012, run: 12.4,
                changed: now - 400),
            job("8c1d7f00-0006", state: "retrying", .waiting, attempts: 2, changed: now - 500, error: "busy"),
            job("8c1d7f00-0005", task: "shop.user.sync", state: "queued", .waiting, attempts: 0, changed: now - 600),
            job("8c1d7f00-0004", state: "revoked", .stopped, changed: now - 90_000),
        ]
        func attempt(_ number: Int, _ state: BrokerTask.State, at start: Double) -> TaskAttempt {
            TaskAttempt(
                retries: number, state: state, worker: "celery@web\(number)", sentAt: start, receivedAt: start + 0.12,
                startedAt: start + 0.2, endedAt: state == .received ? nil : start + 1.4, runSeconds: 1.2,
                error: state == .received ? nil : "ConnectionError: mail.example:25 refused\u{1b}[2J",
                trace: state == .failed
                    ? "Traceback (most recent call last):\n  File \"mail.py\", line 9, in send\n    connect()\n\u{9b}31m"
                    : nil)
        }
        broker.jobDetails["8c1d7f00-0008"] = JobDetails(
            job: broker.jobs[1], facts: [.init("root", "8c1d7f00-0001")],
            arguments: "(" + (0..<60).map { "\($0)" }.joined(separator: ", ") + ")", keywords: "{'retry': True}",
            trace: "unused",
            attempts: [
                attempt(0, .retrying, at: now - 400), attempt(1, .received, at: now - 380),
                attempt(2, .failed, at: now - 331.4),
            ])
        return broker
    }

    static let photo = PhotoID("0190a7c2-3f1e-7cc0-9a55-0d5e8f1b2c3d")!

    /// A library's jobs: one that died of a photo that can be shown.
    static var library: SampleBroker {
        var broker = SampleBroker.shop
        let now = broker.now
        broker.jobSource = .library(hasBroker: true)
        broker.jobCounts = ["dead": 1, "queued": 2, "running": 1, "succeeded": 9041]
        func of(_ number: Int, _ state: String, _ standing: ListedJob.Standing, _ error: String? = nil) -> ListedJob {
            job(
                "0190a7c2-3f1e-7cc0-9a55-0000000000\(10 + number)", task: "process_photo", state: state, standing,
                queue: "high", attempts: number, wait: 3, run: standing.isFinished ? 0.4 : nil,
                changed: now - 60 * Double(number), error: error)
        }
        broker.jobs = [
            of(1, "running", .running), of(2, "queued", .waiting), of(3, "dead", .failed, "no space left on device"),
            of(4, "succeeded", .succeeded), of(5, "cancelled", .stopped),
        ]
        for job in broker.jobs {
            broker.jobDetails[job.id] = JobDetails(
                job: job, facts: [.init("created", "2027-01-15T08:00:00.000Z")],
                photo: .init(
                    id: photo, filename: "IMG_2041.jpg", sha256: SHA256Digest(bytes: [UInt8](repeating: 7, count: 32))!,
                    status: .ready,
                    problem: nil, jobs: [job, broker.jobs[4]]))
        }
        return broker
    }

    static var findingsOfShop: [InboxItem] {
        [
            InboxItem(
                .deadLetters, "dead letters", count: 5,
                "5 messages failed for good, or could not be run, and nobody tries them again.",
                remedy: .listDeadLetters, place: ["--broker", "redis://queue.example:6379/0"]),
            InboxItem(
                .paused, "mail", count: 12, "12 messages wait in mail, which is paused: \u{1b}[2Jnobody takes them.",
                remedy: .resume(queue: "mail"), place: ["--broker", "redis://queue.example:6379/0"]),
            InboxItem(
                .clockSkew, "celery@web2", "The clock of celery@web2 is 93 s behind.",
                advice: "set its clock: timedatectl set-ntp true"),
        ]
    }

    static var healthOfShop: [HealthEntry] {
        [
            HealthEntry(
                name: "database", status: .ok, seconds: 0.0031,
                message: "Postgres at db.example answers: Postgres 15.8",
                whatToDo: ""),
            HealthEntry(
                name: "storage", status: .fail, seconds: 2, message: "s3.example has not answered for 2 s\u{1b}[2J",
                whatToDo: "see whether it still runs, and the network to it"),
            HealthEntry(
                name: "broker", status: .ok, seconds: 0.0004, message: "Redis at queue.example stores what it is given",
                whatToDo: ""),
        ]
    }
}
