"""The portal's look: name, colours, logos, sender."""
