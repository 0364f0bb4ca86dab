import Core
import Foundation
import PhotoEngine

/// The servers of a networked library.
enum NetworkExamination {
    static func checks(_ profile: Profile) async -> [Check] {
        let areas = await ProfileExamination(profile, environment: ProcessInfo.processInfo.environment).areas()
        return areas.flatMap { area in
            area.findings.map { Check($0, in: area.name) }
        }
    }
}

extension Check {
    init(_ finding: Finding, in area: String) {
        let status: Status =
            switch finding.status {
            case .ok: .ok
            case .warning: .warning
            case .fail: .fail
            }
        self.init(area, finding.name, status, finding.value, whatToDo: finding.whatToDo)
    }
}
