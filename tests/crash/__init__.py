"""A sender is killed again and again in the middle of a send: nobody is lost, nobody pestered."""
