"""The learned part of the evaluator: which unit is about which point, and which element it states."""
