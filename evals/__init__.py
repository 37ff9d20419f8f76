"""Questions with known pages, and how well retrieval and answers do on them."""
