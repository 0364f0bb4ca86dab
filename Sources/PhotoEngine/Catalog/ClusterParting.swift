import Core

/// Photos that leave their clusters as a person decides on them, and their way back, inside a transaction.
struct ClusterParting {
    let likeness: Likeness

    private var connection: any SQLConnection { likeness.connection }
    private var owner: SQLValue { likeness.owner }

    /// Who of photos that share a cluster stays in it, and who of its other photos leaves it, too.
    typealias Choice = (stays: PhotoID, alsoLeave: [PhotoID])

    /// Of the photos that share a cluster, one stays in it, and the others wait to be compared again; `choice` is made among
    /// them, who are in order of id.
    func part(
        _ photos: [PhotoID], choice: (ClusterID, [PhotoID]) throws -> Choice
    ) throws -> [ResolutionContent.Parted] {
        let together = try members(photos)
        var parted: [ResolutionContent.Parted] = []
        for (cluster, members) in together.sorted(by: { $0.key < $1.key }) where members.count > 1 {
            let choice = try choice(cluster, members.map(\.photo))
            let stayed = try SQLRow.present(members.first { $0.photo == choice.stays })
            let others = try self.members(choice.alsoLeave)[cluster] ?? []
            let left = members.filter { $0.photo != choice.stays } + others
            try likeness.forget(left.map(\.photo))
            for member in left { try likeness.wait(member.photo) }
            parted.append(
                .init(cluster: cluster, left: left, stayed: stayed, isEnded: try !exists(cluster)))
        }
        return parted
    }

    /// Those of `photos` that are in clusters, in order of id.
    private func members(_ photos: [PhotoID]) throws -> [ClusterID: [ResolutionContent.Member]] {
        let rows = try connection.rows(
            """
            SELECT compared_photos.cluster, \(ResolutionContent.Member.columns)
            FROM compared_photos JOIN photos ON photos.id = compared_photos.photo
            WHERE compared_photos.photo = ? AND compared_photos.owner = ? AND compared_photos.cluster IS NOT NULL
            """, each: photos.sorted().map { [.id($0), owner] })
        var members: [ClusterID: [ResolutionContent.Member]] = [:]
        for var row in rows.joined() {
            let cluster: ClusterID = try row.id()
            members[cluster, default: []].append(try ResolutionContent.Member(&row))
        }
        return members
    }

    /// Puts those who left back into their cluster, with what had put them there. The answer is false where that, or one of them, is
    /// no longer as it was.
    func restore(_ parted: ResolutionContent.Parted) throws -> Bool {
        guard let present = try present(parted) else {
            if try !reunite(parted) { for member in parted.left { try likeness.waitIfComparable(member.photo) } }
            return false
        }
        try likeness.insert(
            try parted.left.filter { !present.contains($0.photo) }.map {
                ($0.photo, try SQLRow.present(PerceptualHash($0.hash)))
            })
        if parted.isEnded { try likeness.begin(parted.cluster, with: parted.stayed.photo) }
        for member in parted.left + (parted.isEnded ? [parted.stayed] : []) {
            try likeness.place(member.photo, in: parted.cluster, member.evidence)
        }
        try likeness.recount(parted.cluster)
        try connection.send(
            "DELETE FROM uncompared_photos WHERE owner = ? AND photo = ?",
            each: parted.left.filter { !$0.waited }.map { [owner, .id($0.photo)] })
        return true
    }

    /// Puts those who left to where the one that stayed is now, or all into the cluster that bears the old one's id, if they are as
    /// they were, though they may have been found like others since: those wait to be compared again, as does who is kept apart
    /// from one of them by now. False where nobody could go back.
    private func reunite(_ parted: ResolutionContent.Parted) throws -> Bool {
        let wanted = [parted.stayed] + parted.left
        let rows = try connection.rows(
            """
            SELECT photos.phash, compared_photos.cluster FROM photos
            LEFT JOIN compared_photos ON compared_photos.photo = photos.id
            WHERE photos.id = ? AND photos.owner = ? AND photos.trashed_at IS NULL AND photos.status = 'ready'
            """, each: wanted.map { [.id($0.photo), owner] })
        var unchanged: [(member: ResolutionContent.Member, cluster: ClusterID?)] = []
        for (member, found) in zip(wanted, rows) {
            guard var row = found.first else { continue }
            let (hash, cluster): (Int64?, ClusterID?) = try (row.optionalInt64(), row.optionalID())
            if hash.map(ResolutionContent.Member.text) == member.storedHash { unchanged.append((member, cluster)) }
        }
        guard let stayed = unchanged.first, stayed.member.photo == parted.stayed.photo else { return false }
        let home = stayed.cluster ?? parted.cluster
        let isThere = unchanged.contains { $0.cluster == home }
        if try !isThere && exists(home) { return false }
        let there = unchanged.filter { $0.cluster == home }.map(\.member)
        let away = unchanged.filter { $0.cluster != home }
        var back = isThere ? there.map(\.photo) : [stayed.member.photo]
        for one in away.map(\.member.photo) where !back.contains(one) {
            if isThere, try likeness.areKeptApart(.photo(one), .cluster(home)) { continue }
            if try !likeness.areAnyKeptApart(back + [one]) { back.append(one) }
        }
        let going = away.filter { back.contains($0.member.photo) }
        guard back.count > 1, !going.isEmpty else { return false }
        let moving = going.map(\.member)
        let others = try members(of: Set(going.compactMap(\.cluster))).union(away.map(\.member.photo))
            .subtracting(back)
        try likeness.forget(moving.map(\.photo))
        try likeness.insert(try moving.map { ($0.photo, try SQLRow.present(PerceptualHash($0.hash))) })
        if !isThere { try likeness.begin(home, with: stayed.member.photo) }
        // The first of the old cluster is there because the others are like it.
        let first = isThere ? there.lazy.compactMap(\.evidence).first?.inverse : nil
        for member in moving { try likeness.place(member.photo, in: home, member.evidence ?? first) }
        try likeness.recount(home)
        try connection.send(
            "DELETE FROM uncompared_photos WHERE owner = ? AND photo = ?",
            each: moving.filter { !$0.waited }.map { [owner, .id($0.photo)] })
        for photo in others.sorted() { try likeness.waitIfComparable(photo) }
        return true
    }

    private func members(of clusters: Set<ClusterID>) throws -> Set<PhotoID> {
        let rows = try connection.rows(
            "SELECT photo FROM compared_photos WHERE cluster = ? AND owner = ?",
            each: clusters.sorted().map { [.id($0), owner] })
        return Set(
            try rows.joined().map { row in
                var row = row
                return try row.id()
            })
    }

    /// Of those who left, the photos that were compared since and found in no cluster; nil where the cluster can't be as it was.
    private func present(_ parted: ResolutionContent.Parted) throws -> Set<PhotoID>? {
        guard try exists(parted.cluster) != parted.isEnded else { return nil }
        var present: Set<PhotoID> = []
        for member in parted.left + [parted.stayed] {
            let row = try connection.row(
                """
                SELECT photos.phash, compared_photos.phash, compared_photos.cluster FROM photos
                LEFT JOIN compared_photos ON compared_photos.photo = photos.id
                WHERE photos.id = ? AND photos.owner = ? AND photos.trashed_at IS NULL
                """, [.id(member.photo), owner])
            guard var row else { return nil }
            let (stored, hash) = try (row.optionalInt64(), row.optionalInt64())
            let cluster: ClusterID? = try row.optionalID()
            guard stored.map(ResolutionContent.Member.text) == member.storedHash else { return nil }
            let isStayed = member.photo == parted.stayed.photo
            guard let hash else {
                if isStayed { return nil }
                continue
            }
            let expected = isStayed && !parted.isEnded ? parted.cluster : nil
            guard ResolutionContent.Member.text(hash) == member.hash, cluster == expected else { return nil }
            present.insert(member.photo)
        }
        let left = parted.left.map(\.photo)
        if try likeness.areAnyKeptApart(left + [parted.stayed.photo]) { return nil }
        if !parted.isEnded {
            for photo in left where try likeness.areKeptApart(.photo(photo), .cluster(parted.cluster)) { return nil }
        }
        return present
    }

    private func exists(_ cluster: ClusterID) throws -> Bool {
        try connection.row("SELECT 1 FROM duplicate_clusters WHERE id = ?", [.id(cluster)]) != nil
    }
}
