"""The PDF reader: text, lines and ruling lines by PDFium, and text recognition of scanned pages."""
