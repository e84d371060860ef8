"""The command line: one module a verb. Each reads options, calls one function, and shows what came of it."""
