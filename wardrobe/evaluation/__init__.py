"""How good a checkpoint is: tags, retrieval, text queries and latency, with a report."""
