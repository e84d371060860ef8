"""Flask blueprints: each translates between HTTP and the core, and holds no rule of its own."""
