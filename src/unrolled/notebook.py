"""What the first cell of every chapter does, so that a notebook looks and computes the same everywhere."""

import contextlib
import os
import sys

from threadpoolctl import threadpool_limits

from . import plots


def setup(keras=False):
    """One thread, the book's figures, and Keras on TensorFlow started quietly and deterministically if asked for.

    Small models are fastest with one thread. `UNROLLED_THREADS` in the environment may ask for another number.

    Parameters
    ----------
    keras : bool, default False
        Whether the chapter uses Keras; starting it takes some ten seconds.

    Raises
    ------
    ValueError
        If `UNROLLED_THREADS` is no whole number from 1 on.
    """
    os.environ.update(OMP_NUM_THREADS=str(threads()))        # for libraries that are loaded later
    threadpool_limits(threads())
    plots.use()
    if keras:
        start_keras()


def threads():
    """Return how many threads to compute with."""
    given = os.environ.get("UNROLLED_THREADS") or "1"
    if not (given.isdecimal() and int(given)):
        raise ValueError(f"UNROLLED_THREADS must be a whole number from 1 on, but it is {given!r}.")
    return int(given)


def start_keras(cpus=1):
    """Import Keras on TensorFlow with deterministic operations and as many threads, its start-up messages set aside.

    Parameters
    ----------
    cpus : int, default 1
        As how many devices the processor appears, so that ``tf.distribute`` can be tried without several graphics cards.
    """
    os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")      # which add in an order that depends on the processor
    with silent_stderr():
        import tensorflow as tf

        with contextlib.suppress(RuntimeError):          # already started: the cell has been run before
            tf.config.threading.set_intra_op_parallelism_threads(threads())
            tf.config.threading.set_inter_op_parallelism_threads(threads())
            if cpus > 1:
                tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0],
                                                           [tf.config.LogicalDeviceConfiguration()] * cpus)
        tf.config.experimental.enable_op_determinism()
        tf.constant(0.0).numpy()
        import keras  # noqa: F401


@contextlib.contextmanager
def silent_stderr():
    """Send what libraries write to the process's error stream, below Python, to nowhere."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
