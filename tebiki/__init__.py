"""Tebiki (手引き): cited answers from the manuals that local governments work by.

The command line and the only composition root: it reads the environment once, builds the
parts, runs them, and turns errors into words for people.

Exit codes: 0 done; 1 done, but something was left out or refused (named on the error stream);
2 wrong usage; 3 there is no index yet; 4 the index or the corpus cannot be used.
"""
