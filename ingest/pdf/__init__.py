"""A PDF becomes pages: engines, characters, lines, layout, tables, and what is hidden or drawn."""
