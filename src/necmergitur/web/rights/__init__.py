"""Rights: a person asks what is held about them, who looked, that it be mended or erased; and is answered in time."""
