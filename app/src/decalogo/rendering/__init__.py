"""Pictures of the pages of PDFs and images, and the places of quotes on them, made by a process of its own."""
