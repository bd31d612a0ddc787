"""Pages for cities: a feed is registered."""
