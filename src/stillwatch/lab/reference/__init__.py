"""Reference pages made from the code: tables, commands, signals, formats, errors."""
