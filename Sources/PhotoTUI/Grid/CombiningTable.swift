import Synchronization

/// Keeps the rare runs of combining marks apart from the cells, which name them by number: the same marks always have
/// the same number, so that cells of two grids compare by value.
enum CombiningTable {
    /// Text from outside decides what comes in, so it is bounded; marks beyond it are not shown.
    private static let limit = 4096

    private struct Runs {
        var numbers: [[Unicode.Scalar]: UInt16] = [:]
        var runs: [[Unicode.Scalar]] = [[]]
    }
    private static let table = Mutex(Runs())

    /// 0 for no marks.
    static func number(of marks: [Unicode.Scalar]) -> UInt16 {
        if marks.isEmpty { return 0 }
        return table.withLock { table in
            if let number = table.numbers[marks] { return number }
            guard table.runs.count < limit else { return 0 }
            let number = UInt16(table.runs.count)
            table.runs.append(marks)
            table.numbers[marks] = number
            return number
        }
    }

    static func marks(_ number: UInt16) -> [Unicode.Scalar] {
        number == 0 ? [] : table.withLock { $0.runs[Int(number)] }
    }
}
