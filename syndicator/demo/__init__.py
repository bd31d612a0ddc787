"""A demonstration that needs no internet: sample blogs, a mail catcher, and the program between."""
