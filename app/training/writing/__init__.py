"""Text that a net writes: letter by letter with what it carries from one to the next, as a film while it trains, and
how well it knows what comes next beside a count of triples."""
