"""The API for partners: /api/v1/, by token; and webhooks towards them."""
