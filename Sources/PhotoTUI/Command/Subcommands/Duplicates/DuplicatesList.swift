import ArgumentParser
import Core
import PhotoEngine
import Workflows

/// `phototui duplicates list`.
struct DuplicatesList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the clusters of duplicates.",
        discussion: """
            What is to win are the bytes of the photos that the proposal moves to the trash; the disk has them back once the \
            trash is emptied. The sum of all clusters, and their order, take each cluster's largest photo for the one to keep. \
            In JSON `certain` is null where nothing that is written of the photos speaks against the proposal and nobody looked at \
            their pictures: --certain looks.

            Examples:
              phototui duplicates list --sort photos --limit 20
              phototui duplicates list --match lisbon --certain
              phototui duplicates list --certain --json | jq -r '.clusters[].id'
              phototui duplicates list --json --limit 500 --after 91482_0190a7c2-…   (the "next" of the page before)
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    @Option(help: "bytes: about the most to win first; photos: most photos first; newest: taken last first.")
    var sort = ClusterQuery.Order.bytesToWin

    @Option(
        help: ArgumentHelp(
            "Only clusters with a photo whose name, camera, lens, place or caption has this.", valueName: "text"))
    var match = ""

    @Flag(help: "Only clusters of photos within four bits of each other.")
    var same = false

    @Flag(help: "Only clusters whose originals have the same pixels; reads them.")
    var exact = false

    @Flag(help: "Only clusters whose proposal nothing speaks against, once their pictures were looked at.")
    var certain = false

    @OptionGroup var page: PageOptions<ClusterPosition>

    func run() async throws {
        try await libraryOptions.withLibrary { library in
            let (found, known) = try await clusters(library.clusterBrowser())
            let (shown, next) = page.page(found) { ClusterPosition($0, in: sort) }
            var items: [JSON] = []
            var hasStacks = false
            var table = TextTable([
                ("CLUSTER", .left), ("PHOTOS", .right), ("TO WIN", .right), ("TIER", .left), ("KEEPS", .left),
                ("PROPOSAL", .left),
            ])
            let most = DuplicateReview.mostListed
            func add(_ cluster: DuplicateCluster, _ proposal: ClusterProposal?) {
                // Somebody decided on it meanwhile.
                if proposal == nil, cluster.photos <= most { return }
                if proposal?.stacks.isEmpty == false { hasStacks = true }
                if output.json {
                    items.append(.object(DuplicateFormat.json(cluster, proposal, in: library)))
                } else {
                    table.add([
                        cluster.id.description, "\(cluster.photos)",
                        (proposal?.bytesToWin ?? cluster.bytesToWin).description,
                        proposal?.tier.rawValue ?? "-", proposal.map { DuplicateFormat.keeperName($0) } ?? "-",
                        proposal.map(DuplicateFormat.advice) ?? "-",
                    ])
                }
            }
            if known.isEmpty {
                try await library.duplicateReview().proposals(for: Array(shown), ofAtMost: most, add)
            } else {
                for cluster in shown { add(cluster, known[cluster.id]) }
            }
            let waiting = try await library.catalog.uncomparedCount()
            if output.json {
                let document: JSON = .object([
                    "clusters": .array(items), "next": .text(next?.description), "uncompared": .count(waiting),
                ])
                try Console.line(document.encoded())
                return
            }
            if !table.isEmpty { try Console.write(table.text()) }
            let sums = try await library.catalog.clusterSums()
            if found.isEmpty, sums.clusters > 0 { Console.note("no cluster matches\n") }
            let all = hasStacks ? ", bursts and the like counted in" : ""
            Console.note("\(counted(sums.clusters, "cluster")), about \(sums.bytesToWin) to win\(all)\n")
            page.tell(next)
            if waiting > 0 {
                Console.note("\(counted(waiting, "photo")) not compared yet: phototui duplicates scan\n")
            }
        }
    }
}

extension DuplicatesList {
    /// One more than is listed, where there are more.
    private func clusters(_ browser: ClusterBrowser) async throws -> (
        clusters: [DuplicateCluster], proposals: [ClusterID: ClusterProposal]
    ) {
        var choice: ClusterBrowser.Choice = certain ? .certain : []
        if exact { choice.insert(.exact) }
        var query = ClusterQuery(
            order: sort,
            filter: ClusterFilter(text: match, mostDistance: same ? ClusterFilter.sameDistance : nil),
            after: page.after,
            limit: choice.isEmpty ? page.count : 100)
        var found: [DuplicateCluster] = []
        var proposals: [ClusterID: ClusterProposal] = [:]
        while true {
            let listed = try await browser.page(query, only: choice)
            found += listed.clusters
            proposals.merge(listed.proposals) { $1 }
            guard found.count < page.count, !choice.isEmpty, let reached = listed.reached else {
                return (found, proposals)
            }
            query.after = reached
        }
    }
}

/// `phototui duplicates show CLUSTER`.
struct DuplicatesShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a cluster's photos, why they are in it, and what resolving it would change.",
        discussion: """
            CLUSTER is an id, or the beginning of one that only one cluster has.

            Examples:
              phototui duplicates show 0190a7c2
              phototui duplicates show --json 0190a7c2 | jq '.photos[] | {path, action, similarity}'
            """)

    @OptionGroup var libraryOptions: LibraryOptions
    @OptionGroup var output: JSONOption

    @Argument(help: "A cluster's id, or the beginning of one.")
    var cluster: String

    func run() async throws {
        try await libraryOptions.withLibrary { library in
            let review = library.duplicateReview()
            let proposal = try await library.clusterBrowser().examined(
                review.proposal(for: review.cluster(named: cluster)))
            if output.json {
                let fields = DuplicateFormat.json(proposal.cluster, proposal, in: library)
                try Console.line(JSON.object(fields + DuplicateFormat.changes(proposal)).encoded())
            } else {
                try Console.write(DuplicateFormat.text(proposal, in: library))
            }
        }
    }
}
