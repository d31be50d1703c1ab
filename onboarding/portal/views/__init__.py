"""The pages. Each view: guards, then one verb of a room, then a redirect or a page."""
