"""From a rendered mail to an inbox, with an account of every single message."""
