"""Full-text search in the quotes and pages of a batch."""
