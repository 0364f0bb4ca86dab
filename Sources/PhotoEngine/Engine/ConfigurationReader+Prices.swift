internal import Core
internal import TOMLKit

extension ConfigurationReader {
    /// The tables `[prices.b2]`, `[prices.r2]` and `[prices.s3]`, over the prices that are built in.
    mutating func prices() -> [PriceList] {
        guard let tables = file.table?["prices"] else { return PriceList.known }
        guard let tables = tables.table else {
            complain("prices", "it is no table", "write [prices.b2], then its keys")
            return PriceList.known
        }
        let known = PriceList.known.map(\.provider)
        for name in tables.keys.sorted() where !known.contains(name) {
            complain("prices.\(name)", "there are no prices of it", "the providers are: b2, r2, s3")
        }
        return PriceList.known.map { list in
            guard let entry = tables[list.provider] else { return list }
            guard let table = entry.table else {
                complain("prices.\(list.provider)", "it is no table", "write [prices.\(list.provider)], then its keys")
                return list
            }
            return read(table, over: list)
        }
    }

    private mutating func read(_ table: TOMLTable, over list: PriceList) -> PriceList {
        var list = list
        var hasDate = false
        for key in table.keys.sorted() {
            let place = "prices.\(list.provider).\(key)"
            if key == "date" {
                guard let text = table[key]?.string, text.count == 10 else {
                    complain(
                        place, "it is no day", "write the day on which the prices were true: date = \"2026-11-22\"")
                    continue
                }
                (list.date, hasDate) = (text, true)
                note(place, text)
                continue
            }
            guard let value = table[key]?.double ?? table[key]?.int.map(Double.init), value >= 0, value.isFinite else {
                complain(place, "its value is no price", "write US dollars as a number: 0.006")
                continue
            }
            switch key {
            case "storage_gb_month": list.storagePerGBMonth = value
            case "storage_free_gb": list.freeStorageGB = value
            case "egress_gb": list.egressPerGB = value
            case "egress_free_gb": list.freeEgressGB = value
            case "egress_free_times_stored": list.freeEgressTimesStored = value
            default:
                guard let index = list.classes.firstIndex(where: { key == "class_\($0.name.lowercased())_million" })
                else {
                    let classes = list.classes.map { "class_\($0.name.lowercased())_million" }.joined(separator: ", ")
                    complain(
                        place, "there is no such price",
                        "the keys are: date, storage_gb_month, storage_free_gb, egress_gb, egress_free_gb, "
                            + "egress_free_times_stored, \(classes)")
                    continue
                }
                list.classes[index].perMillion = value
            }
            note(place, "\(value)")
        }
        if !hasDate, !table.keys.isEmpty {
            complain(
                "prices.\(list.provider)", "nobody knows of when its prices are",
                "add the day: date = \"2026-11-22\"")
        }
        return list
    }

    private mutating func note(_ key: String, _ value: String) {
        note(
            ConfigurationSetting(
                key: key, value: value, source: .file, variable: "",
                meaning: "What the provider charges (docs/costs.md)."))
    }
}
