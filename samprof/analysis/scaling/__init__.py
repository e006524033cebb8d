"""How time grows with the size: tables by layer and by op."""
