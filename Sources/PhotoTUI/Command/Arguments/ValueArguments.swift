public import App
public import ArgumentParser
public import Core
public import Workflows

extension Month: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

extension TimelinePosition: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

extension Identifier: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

extension JobState: ExpressibleByArgument {}

extension DeadLetter.Kind: ExpressibleByArgument {}

extension DeadSource: ExpressibleByArgument {}

extension TaskFilter.Order: ExpressibleByArgument {}

extension ClusterQuery.Order: ExpressibleByArgument {}

extension TrashPosition: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

extension CollectionPosition: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

extension Album.Order: ExpressibleByArgument {}

extension ExportLayout: ExpressibleByArgument {}

extension ClusterPosition: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
