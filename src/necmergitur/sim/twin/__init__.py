"""The twin: `operations.ports.Store` in memory, held to the same contract tests as the PostgreSQL one."""
