"""PostgreSQL behind the ports of `operations`: synchronous psycopg, SQL in named files beside this package."""
