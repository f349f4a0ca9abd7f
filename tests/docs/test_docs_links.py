"""Every relative link and picture of the pages and the README resolves, headings included."""
