"""Documents as data: media types, pages as read, and pages, passages and tables with offsets."""
