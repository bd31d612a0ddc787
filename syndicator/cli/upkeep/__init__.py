"""Commands that run, check, back up and restore the installation."""
