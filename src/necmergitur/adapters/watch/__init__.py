"""The watch's sources: asked over HTTP with manners and bounds, read from every listed format into one struct."""
