"""Operations: the use cases. Load, pass the gate, decide, append, project; over synchronous ports."""
