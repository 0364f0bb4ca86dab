import App
import Core
import PhotoEngine

extension EffectRunner {
    func performForSearch(_ effect: Effect) {
        switch effect {
        case .search(let request, let query, let after, let limit):
            run(request) {
                .searched(request, try await $0.catalog.search(query, after: after, limit: limit), limit: limit)
            }
        case .countSearch(let request, let query, let limit):
            run(request) { .searchCounted(request, try await $0.catalog.count(query, upTo: limit)) }
        case .completeSearch(let request, let text, let cursor):
            run(request) {
                .searchCompleted(request, try await SearchProposals.of(text, cursor: cursor, limit: 8, in: $0.catalog))
            }
        case .loadSearches(let request):
            run(request) { .searchesLoaded(request, try await $0.catalog.searches(limit: PastSearch.most)) }
        case .noteSearch(let text):
            // Nobody waits for it, and one that is lost is no matter.
            Task { [opening] in try? await opening.value.catalog.noteSearch(text) }
        default: break
        }
    }
}
