"""What is wrong with a file, said so that a person can find the place and mend it."""


class CityDataError(Exception):
    """A city file cannot be used; nothing was imported.

    `file` is the path as given, `feature` names a feature ("feature 12 'Bercy'") or is empty, `line` is
    1-based or 0, `reason` is a plain sentence.
    """

    def __init__(self, file: str, reason: str, *, feature: str = "", line: int = 0) -> None:
        self.file = file
        self.reason = reason
        self.feature = feature
        self.line = line
        where = file + (f", line {line}" if line else "") + (f", {feature}" if feature else "")
        super().__init__(f"{where}: {reason}")
