"""Show: text, HTML, figures. Renderers take tables and give text or bytes; they print nothing."""
