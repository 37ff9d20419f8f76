"""What an installation is like: settings, home, index, records and servers, each looked at."""
