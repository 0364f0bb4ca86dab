/// One named promise of a port, run against a fresh adapter by each adapter's tests:
/// `@Test("…", arguments: ObjectStoreContract.cases)`.
public struct ContractCase<Subject>: Sendable, CustomStringConvertible {
    public let name: String
    public let run: @Sendable (Subject) async throws -> Void

    public init(_ name: String, run: @escaping @Sendable (Subject) async throws -> Void) {
        self.name = name
        self.run = run
    }

    public var description: String { name }
}

/// A promise that an adapter broke.
public struct ContractViolation: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}

/// Fails the case unless the two are equal.
public func requireEqual<Value: Equatable>(_ actual: Value, _ expected: Value, _ what: String) throws {
    guard actual == expected else { throw ContractViolation("\(what): expected \(expected), got \(actual)") }
}

/// Fails the case unless the condition holds.
public func require(_ condition: Bool, _ what: String) throws {
    guard condition else { throw ContractViolation(what) }
}

/// The value; fails the case where there is none.
public func requirePresent<Value>(_ value: Value?, _ what: String) throws -> Value {
    guard let value else { throw ContractViolation("there is none: \(what)") }
    return value
}
