public import Core
public import Foundation
import Synchronization

/// What every catalogue promises, whatever database it keeps.
public enum CatalogContract {
    public static let cases: [ContractCase<CatalogSubject>] =
        timelineCases + photoCases + fileCases + jobCases + deadJobCases + outboxCases + uploadCases + duplicateCases
        + resolutionCases + takenOverCases + mergeCases + collectionCases + editCases + searchCases
        + decisionCases + trashCases + removedCases
        + calibrationCases + faceCases + sidecarCases + placeCases + storyCases + eventCases + sharingCases
        + quotaCases + tierCases + storageCases + filmCases
        + maintenanceCases + ownerCases + [
            CatalogModel.case
        ]
}

/// A fresh catalogue to try a promise on.
public struct CatalogSubject: Sendable {
    public let catalog: any Catalog
    /// The same owner's catalogue as another process would open it.
    public let second: any Catalog
    /// Another owner's catalogue in the same database.
    public let stranger: any Catalog
    /// Of that database, as its administrator opens it.
    public let owners: any OwnerAdministration
    public let clock: FixedClock

    public init(
        catalog: any Catalog, second: any Catalog, stranger: any Catalog, owners: any OwnerAdministration,
        clock: FixedClock
    ) {
        self.owners = owners
        self.catalog = catalog
        self.second = second
        self.stranger = stranger
        self.clock = clock
    }
}

/// A clock that stands until it is moved.
public final class FixedClock: EngineClock {
    private let moment = Mutex(Date(timeIntervalSince1970: 1_700_000_000))

    public init() {}

    public func now() -> Date { moment.withLock { $0 } }

    public func advance(seconds: Double) {
        moment.withLock { $0 = $0.addingTimeInterval(seconds) }
    }
}

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators), so that a failure repeats.
public struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
