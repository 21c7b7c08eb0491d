"""Read tables of event-sourced facts, mapped read-only; their schema is made by the migrations here."""
