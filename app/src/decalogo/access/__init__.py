"""Who may use the appliance: tokens, tiers, scopes."""
