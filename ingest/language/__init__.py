"""What Japanese and English are: spellings, words, numbers, places, marks and sentences.

The only home of such facts. Word lists are TOML data beside the modules. Nothing here touches
what is shown or quoted; a quotation is always the page's own characters.
"""
