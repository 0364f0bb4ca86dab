/// A photo's jobs without reading everybody's.
let migration2 = Migration(version: 2) { _ in
    ["CREATE INDEX jobs_photo ON jobs (photo, id) WHERE photo IS NOT NULL"]
}
