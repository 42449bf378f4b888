"""From drawing to program: plan, printed text, and the module that runs it."""
