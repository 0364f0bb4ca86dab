import Core

/// A date as people type it: `2019`, `2019-07`, `07/2019`, `july 2019`, `jul 2019`, `2019 july`.
public struct JumpDate: Hashable, Sendable {
    public let year: Int
    /// 1 to 12; nil for a whole year.
    public let month: Int?

    public init?(_ text: String) {
        let words = text.lowercased().split { !$0.isLetter && !$0.isNumber }
        var (year, month): (Int?, Int?) = (nil, nil)
        for word in words.prefix(3) {
            if let number = Int(word) {
                if word.count == 4, year == nil {
                    year = number
                } else if (1...12).contains(number), month == nil {
                    month = number
                } else if (1...31).contains(number), month != nil {
                    continue
                } else {
                    return nil
                }
            } else if word.count >= 3, month == nil,
                let index = monthNames.firstIndex(where: { $0.lowercased().hasPrefix(word) })
            {
                month = index + 1
            } else {
                return nil
            }
        }
        guard let year, (1...9999).contains(year) else { return nil }
        (self.year, self.month) = (year, month)
    }

    /// The month of the timeline to go to, the nearest older one when there are no photos then, else the oldest.
    public func month(in layout: TimelineLayout) -> (index: Int, isExact: Bool)? {
        guard let wanted = Month(year: year, month: month ?? 12), let index = layout.index(of: wanted) else {
            return nil
        }
        let found = layout.months[index].month
        return (index, month == nil ? found.year == year : found == wanted)
    }
}

let monthNames = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
]

/// `July 2024`.
func monthTitle(_ month: Month) -> String { "\(monthNames[month.month - 1]) \(month.year)" }
