"""まどぐち: the city counter inside LINE."""

import os

# The matcher's matrices are small: on a few busy cores, threads of the linear algebra library cost
# twice the processor time they save. It reads this once, when numpy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
