/// How far what a scan takes for the same picture can be trusted: what people answered of pairs, and what they decided from that.
let migration7 = Migration(version: 7) { dialect in
    let integer = dialect.integer
    let bytes = dialect.bytes
    return [
        // The lower id comes first.
        """
        CREATE TABLE calibration_answers (
            owner \(bytes) NOT NULL REFERENCES owners (id),
            first \(bytes) NOT NULL REFERENCES photos (id),
            second \(bytes) NOT NULL REFERENCES photos (id),
            distance \(integer) NOT NULL,
            is_same \(integer) NOT NULL,
            answered_at \(integer) NOT NULL,
            PRIMARY KEY (owner, first, second),
            CHECK (first < second)
        ) \(dialect.keyedTableEnd)
        """,
        // `distance` is null where the answers show the precision at none.
        """
        CREATE TABLE calibrations (
            owner \(bytes) NOT NULL PRIMARY KEY REFERENCES owners (id),
            precision_asked \(dialect.real) NOT NULL,
            distance \(integer),
            answers \(integer) NOT NULL,
            calibrated_at \(integer) NOT NULL,
            actor \(dialect.text) NOT NULL,
            CHECK (precision_asked > 0 AND precision_asked < 1)
        ) \(dialect.tableEnd)
        """,
    ]
}
