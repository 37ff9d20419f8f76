"""Word, Excel, PowerPoint, web pages and plain text become the pages that a PDF becomes."""
