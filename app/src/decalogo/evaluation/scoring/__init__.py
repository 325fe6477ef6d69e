"""Scoring: rules for answers, evidence, and the roll-up to points and dimensions."""
