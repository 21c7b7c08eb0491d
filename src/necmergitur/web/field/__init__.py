"""The responder's telephone: what is known, the way in, three answers. It works without a network."""
