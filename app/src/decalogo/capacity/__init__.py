"""Capacity: measurements of the user's documents, scaling law, model and planner."""
