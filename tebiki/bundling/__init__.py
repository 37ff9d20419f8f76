"""One file for a closed network: what is in it, how it is made, and the installer it carries."""
