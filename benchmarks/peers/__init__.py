"""What a user would write instead, on the same checkpoint, preprocessing, index and threads."""
