/// Films of live photos are found by what they are remembered with.
let migration27 = Migration(version: 27) { _ in
    ["CREATE INDEX files_reason ON files (owner, reason) WHERE reason IS NOT NULL"]
}
