"""An answer in words for people: phrases, quotations, the terminal, the evidence sheet."""
