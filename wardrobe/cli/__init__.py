"""The command `wardrobe`."""
