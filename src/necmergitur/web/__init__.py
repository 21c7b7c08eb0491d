"""Web: the civic pages, accounts and every migration, in synchronous Django. Holds no domain rule."""
