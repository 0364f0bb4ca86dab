/// Makes foreign text safe to show: whatever a file name, EXIF tag, broker or database holds, the result has no control
/// character, escape sequence, bidi override, line break or invisible character that could move the cursor, rewrite what
/// is on screen, or make two names look alike.
///
/// Escaped as `\xNN` (bytes that aren't UTF-8, C0, DEL, C1) or `\u{…}`: controls, bidi controls, line and paragraph
/// separators, zero-width and other default-ignorable characters, private use, unassigned and surrogate scalars. A
/// zero-width joiner or variation selector inside an emoji sequence stays, as it is part of the picture.
public func displayEscaped(_ text: String) -> String {
    displayEscaped(bytes: Array(text.utf8))
}

/// As `displayEscaped(_:)`, for bytes that may not be UTF-8.
public func displayEscaped(bytes: some Collection<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self)
}
