"""Layout analysis: normalised text, headers and footers, headings, paragraphs, tables, passages."""
