"""The room that reads Office files, web pages and text."""
