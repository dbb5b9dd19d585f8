"""What can be wrong with a deployment, for `wardrobe doctor` and for a server about itself."""
