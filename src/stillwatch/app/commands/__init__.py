"""One file per command; the file's `command` function is the command, its name the file's."""
