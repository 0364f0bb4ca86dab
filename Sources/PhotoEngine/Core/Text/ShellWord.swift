/// A word for a command line that is safe to show and that bash, zsh and ksh read back to the byte; quoted only where it must
/// be, as `$'…'` where something in it can't be shown. `bytes` says what a scalar stands for.
public func shellQuoted(
    _ word: String, bytes: (Unicode.Scalar) -> [UInt8] = { Array(String($0).utf8) }
) -> String {
    let scalars = word.unicodeScalars
    if !word.isEmpty, scalars.allSatisfy(isPlain) { return word }
    if scalars.allSatisfy({ $0 != "'" && isShown($0) }) { return "'\(word)'" }
    let escaped = scalars.map { scalar in
        if scalar != "'", isShown(scalar) { return String(scalar) }
        return bytes(scalar).map { "\\x" + Hex.string([$0]) }.joined()
    }
    return "$'" + escaped.joined() + "'"
}

private func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "0"..."9", "@"..."Z", "a"..."z", "_", ".", "/", "+", "-", "=", ":", ",", "%": true
    default: scalar.value >= 0x80 && isShown(scalar)
    }
}

private func isShown(_ scalar: Unicode.Scalar) -> Bool {
    displayEscaped(String(scalar)) == String(scalar)
}
