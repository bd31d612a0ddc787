"""What comes in and what is published of it: sources, entries, stories, artefacts."""
