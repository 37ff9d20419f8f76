"""A language model puts quotations into sentences, and each is held to what it cites."""
