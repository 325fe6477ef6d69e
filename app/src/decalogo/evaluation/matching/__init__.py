"""Units of text, their relevance to each point, and the numbers, patterns and elements in them."""
