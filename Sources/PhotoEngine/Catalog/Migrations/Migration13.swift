/// Jobs with an error, which are few among all, by owner and age.
let migration13 = Migration(version: 13) { _ in
    ["CREATE INDEX jobs_error ON jobs (owner, id) WHERE error IS NOT NULL"]
}
