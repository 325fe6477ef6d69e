"""What a machine gives, from what was measured: scaling law, model and planner."""
