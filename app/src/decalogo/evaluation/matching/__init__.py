"""Finding things in folded text: numbers, patterns, units of text, tables, relevance."""
