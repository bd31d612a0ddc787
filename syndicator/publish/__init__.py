"""From an edition to bytes: RSS, Atom, JSON Feed and OPML, their artefacts, and files of them."""
