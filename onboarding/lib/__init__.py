"""Small helps that know nothing of the portal: text, links, time, what went wrong."""
