"""What others send: judged before anything of it is kept."""
