"""Personal data in a text: numbers, addresses, dates of birth and names that say who somebody is."""
