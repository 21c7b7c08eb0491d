"""`python -m necmergitur.app.themes` writes the vectors of the innovation watch's background anew."""

from pathlib import Path

import numpy as np

from necmergitur import innovation
from necmergitur.adapters.embedding import E5
from necmergitur.innovation.background import VECTORS, embedded

if __name__ == "__main__":
    np.save(Path(innovation.__path__[0]) / VECTORS, embedded(E5()).astype(np.float16), allow_pickle=False)
