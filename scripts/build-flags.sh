# Sourced by every script that builds: the flags that make a wrong import an error (ARCHITECTURE.md, "Rooms and arrows").
build_flags=(--explicit-target-dependency-import-check error)
