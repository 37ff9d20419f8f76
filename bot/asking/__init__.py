"""A question is read: what is asked, about which day, edition and place, after which turns."""
