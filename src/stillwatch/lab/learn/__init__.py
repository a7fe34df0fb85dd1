"""What each hypothesis expects, learned from groups that the pipeline formed on training traffic."""
