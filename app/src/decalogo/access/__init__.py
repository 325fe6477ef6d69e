"""Who may do what: bearer tokens and tiers."""
