"""One module a subject; each function that `tebiki.command_line` registers is a command."""
