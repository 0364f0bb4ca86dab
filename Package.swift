// swift-tools-version: 6.2
import PackageDescription

// The rooms, in dependency order: a target may only import what it names here, and the build runs with
// `--explicit-target-dependency-import-check error`, so the compiler holds every arrow (ARCHITECTURE.md draws them).

let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

let package = Package(
    name: "phototui",
    products: [
        .library(name: "PhotoEngine", targets: ["PhotoEngine"]),
        .executable(name: "phototui", targets: ["phototui"]),
        .executable(name: "phototui-decoder", targets: ["phototui-decoder"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: [
        // C libraries: a module map and a shim each.
        .systemLibrary(name: "CArchive", path: "Sources/PhotoEngine/CLibraries/CArchive"),
        .systemLibrary(name: "CCrypto", path: "Sources/PhotoEngine/CLibraries/CCrypto"),
        .systemLibrary(name: "CCurl", path: "Sources/PhotoEngine/CLibraries/CCurl", pkgConfig: "libcurl"),
        .systemLibrary(name: "CHiredis", path: "Sources/PhotoEngine/CLibraries/CHiredis"),
        .systemLibrary(
            name: "CPostgres", path: "Sources/PhotoEngine/CLibraries/CPostgres", pkgConfig: "libpq"),
        .systemLibrary(name: "CRaw", path: "Sources/PhotoEngine/CLibraries/CRaw"),
        .systemLibrary(name: "CSeccomp", path: "Sources/PhotoEngine/CLibraries/CSeccomp"),
        .systemLibrary(name: "CTLS", path: "Sources/PhotoEngine/CLibraries/CTLS"),
        .systemLibrary(name: "CTurboJPEG", path: "Sources/PhotoEngine/CLibraries/CTurboJPEG"),
        .systemLibrary(name: "CVips", path: "Sources/PhotoEngine/CLibraries/CVips", pkgConfig: "vips"),
        .systemLibrary(name: "CWebP", path: "Sources/PhotoEngine/CLibraries/CWebP"),
        .systemLibrary(name: "CChafa", path: "Sources/PhotoTUI/CLibraries/CChafa", pkgConfig: "chafa"),
        .systemLibrary(name: "CJPEGEncoder", path: "Sources/PhotoTUI/CLibraries/CJPEGEncoder"),
        .systemLibrary(name: "CNcurses", path: "Sources/PhotoTUI/CLibraries/CNcurses"),
        .systemLibrary(name: "CZlib", path: "Sources/PhotoTUI/CLibraries/CZlib"),
        .target(
            name: "CMetadata", path: "Sources/PhotoEngine/CLibraries/CMetadata",
            linkerSettings: [.linkedLibrary("exiv2")]),
        .target(name: "CHamming", path: "Sources/PhotoEngine/CLibraries/CHamming"),
        .target(name: "CProcess", path: "Sources/PhotoEngine/CLibraries/CProcess"),

        // The engine.
        .target(name: "Core", dependencies: [systemPackage], path: "Sources/PhotoEngine/Core"),
        .target(name: "Digest", dependencies: ["Core", "CCrypto", systemPackage], path: "Sources/PhotoEngine/Digest"),
        .target(
            name: "Duplicates", dependencies: ["Core", "CHamming", systemPackage],
            path: "Sources/PhotoEngine/Duplicates"),
        .target(name: "Search", dependencies: ["Core"], path: "Sources/PhotoEngine/Search"),
        .target(
            name: "Catalog",
            dependencies: [
                "Core", "Search", "CPostgres", systemPackage, .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            path: "Sources/PhotoEngine/Catalog"),
        .target(
            name: "Objects", dependencies: ["Core", "Digest", "CCurl", systemPackage],
            path: "Sources/PhotoEngine/Objects"),
        .target(name: "Jobs", dependencies: ["Core", "CHiredis", "CTLS"], path: "Sources/PhotoEngine/Jobs"),
        .target(
            name: "Imaging", dependencies: ["Core", "CProcess", "CWebP", systemPackage],
            path: "Sources/PhotoEngine/Imaging"),
        .executableTarget(
            name: "phototui-decoder",
            dependencies: [
                "Core", "Digest", "Duplicates", "Imaging", "CArchive", "CVips", "CTurboJPEG", "CWebP", "CRaw",
                "CMetadata", "CSeccomp", "CProcess",
                systemPackage,
            ],
            path: "Sources/PhotoEngine/Decoder"),
        .target(name: "Health", dependencies: ["Core"], path: "Sources/PhotoEngine/Health"),
        .target(
            name: "Scanning", dependencies: ["Core", "Digest", systemPackage], path: "Sources/PhotoEngine/Scanning"),
        .target(
            name: "Workflows", dependencies: ["Core", "Digest", "Duplicates", "Jobs", systemPackage],
            path: "Sources/PhotoEngine/Workflows"),
        .target(
            name: "PhotoEngine",
            dependencies: [
                "Core", "Duplicates", "Catalog", "Objects", "Jobs", "Imaging", "Workflows", "Health", "Scanning",
                systemPackage,
                .product(name: "TOMLKit", package: "TOMLKit"),
            ],
            path: "Sources/PhotoEngine/Engine"),

        // The terminal program.
        .target(name: "Grid", path: "Sources/PhotoTUI/Grid"),
        .target(name: "Widgets", dependencies: ["Grid"], path: "Sources/PhotoTUI/Widgets"),
        .target(name: "App", dependencies: ["Core", "Search", "Grid", "Widgets"], path: "Sources/PhotoTUI/App"),
        .target(
            name: "Terminal", dependencies: ["Grid", "CJPEGEncoder", "CNcurses"], path: "Sources/PhotoTUI/Terminal"),
        .target(
            name: "Thumbnails", dependencies: ["Grid", "CChafa", "CWebP", "CZlib"],
            path: "Sources/PhotoTUI/Thumbnails"),
        .executableTarget(
            name: "phototui",
            dependencies: [
                "App", "Grid", "Widgets", "Terminal", "Thumbnails", "PhotoEngine", "Core", "Search", "Duplicates",
                "Imaging", "Jobs", "Workflows", "Health", systemPackage,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "TOMLKit", package: "TOMLKit"),
            ],
            path: "Sources/PhotoTUI/Command"),

        // Contract suites, one per port, run by name against every adapter; then one test target per room.
        .target(name: "Contracts", dependencies: ["Core", "Search", systemPackage], path: "Tests/Contracts"),
        .target(name: "Programs", path: "Tests/Programs"),
        .systemLibrary(name: "CVterm", path: "Tests/CLibraries/CVterm"),
        .testTarget(name: "CoreTests", dependencies: ["Core", systemPackage]),
        .testTarget(name: "SearchTests", dependencies: ["Core", "Search"]),
        .testTarget(
            name: "DuplicatesTests", dependencies: ["Core", "CHamming", "Duplicates", "Contracts", systemPackage]),
        .testTarget(
            name: "CatalogTests",
            dependencies: [
                "Core", "Catalog", "Contracts", systemPackage, .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        .testTarget(
            name: "ObjectsTests", dependencies: ["Core", "Digest", "Objects", "Contracts", "Programs", systemPackage]),
        .testTarget(name: "JobsTests", dependencies: ["Core", "Catalog", "Jobs", "Contracts", systemPackage]),
        .testTarget(
            name: "ImagingTests",
            dependencies: ["Core", "Digest", "Imaging", "CProcess", "phototui-decoder", systemPackage]),
        .testTarget(
            name: "WorkflowsTests",
            dependencies: [
                "Core", "Digest", "Duplicates", "Catalog", "Objects", "Jobs", "Imaging", "Workflows", "PhotoEngine",
                "Programs",
                "phototui", "phototui-decoder",
                systemPackage,
            ]),
        .testTarget(name: "HealthTests", dependencies: ["Core", "Health"]),
        .testTarget(name: "GridTests", dependencies: ["Grid", "Widgets"]),
        .testTarget(name: "ThumbnailsTests", dependencies: ["Grid", "Thumbnails"]),
        .testTarget(
            name: "AppTests", dependencies: ["App", "Core", "Search", "Grid", "Widgets", systemPackage],
            resources: [.copy("Goldens")]),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "App", "Core", "Grid", "PhotoEngine", "Workflows", "Programs", "phototui", "phototui-decoder",
                systemPackage,
            ]),
        .testTarget(
            name: "TerminalTests",
            dependencies: [
                "Grid", "Terminal", "Thumbnails", "Programs", "CVterm", "CTurboJPEG", "CZlib", "phototui",
                "phototui-decoder",
                systemPackage,
            ]),

        // What `make bench` runs inside one process; the rest of it is scripts that time whole programs.
        .executableTarget(
            name: "phototui-bench",
            dependencies: [
                "Core", "Digest", "Duplicates", "Search", "Catalog", "Objects", "Imaging", "Jobs", "Workflows",
                "PhotoEngine", "App", "Grid", "Widgets", "Thumbnails",
                systemPackage,
            ],
            path: "Tests/Benchmarks"),
    ]
)

let strictness: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]
for target in package.targets where target.type != .system {
    target.swiftSettings = (target.swiftSettings ?? []) + strictness
}
