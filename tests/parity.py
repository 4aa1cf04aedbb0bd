"""Comparing `unrolled` with Keras: the same script, the same weights, the same numbers."""
import contextlib
import functools
import os
import sys

import numpy as np

import unrolled

TOLERANCE = 1e-9                  # in float64
TOLERANCE_FLOAT32 = 1e-5


@functools.cache
def keras():
    """Keras on TensorFlow, imported quietly, on one thread."""
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0", CUDA_VISIBLE_DEVICES="-1",
                      KERAS_BACKEND="tensorflow")
    sys.stderr.flush()
    kept, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)              # TensorFlow's greeting comes from C++ and heeds no setting
    try:
        import keras
        import tensorflow

        tensorflow.config.threading.set_intra_op_parallelism_threads(1)
        tensorflow.config.threading.set_inter_op_parallelism_threads(1)
        tensorflow.constant(0.0).numpy()
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)
    return keras


@contextlib.contextmanager
def floatx(name):
    """Both libraries compute in this type."""
    before = unrolled.config.floatx()
    for library in (unrolled, keras()):
        library.config.set_floatx(name)
    try:
        yield
    finally:
        for library in (unrolled, keras()):
            library.config.set_floatx(before)


def error(ours, theirs):
    """The largest difference, relative to the largest of Keras's numbers if that exceeds 1."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape, f"shapes {ours.shape} and {theirs.shape}"
    if ours.size == 0:
        return 0.0
    return float(np.max(np.abs(ours - theirs)) / max(1.0, np.max(np.abs(theirs))))


def assert_close(ours, theirs, what="", tolerance=TOLERANCE):
    """Arrays, or lists of arrays, agree."""
    if isinstance(ours, list):
        assert len(ours) == len(theirs), f"{what}: {len(ours)} against {len(theirs)}"
        for k, pair in enumerate(zip(ours, theirs, strict=True)):
            assert_close(*pair, f"{what} {k}", tolerance)
        return
    found = error(ours, theirs)
    assert found <= tolerance, f"{what} differs by {found:.2g}"


def both(script, seed=0):
    """The models that `script(library)` makes with both libraries, with the same random weights.

    Vectors are positive (a variance must be), matrices have both signs.
    """
    ours, theirs = script(unrolled), script(keras())
    rng = np.random.default_rng(seed)
    weights = [rng.uniform(0.1, 0.6, w.shape) if w.ndim == 1 else rng.uniform(-0.7, 0.7, w.shape)
               for w in theirs.get_weights()]
    for model in (ours, theirs):
        model.set_weights(weights)
    return ours, theirs


def gradients(theirs, x, v, training):
    """Keras's output, and the derivatives of sum(v · output) by the weights and by x (None for integers)."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        x = tf.convert_to_tensor(x)
        tape.watch(x)
        y = theirs(x, training=training)
        number = tf.reduce_sum(y * v)
    *by_weights, by_x = tape.gradient(number, [*theirs.trainable_weights, x])
    dense = [tf.convert_to_tensor(g).numpy() for g in by_weights]
    return y.numpy(), dense, None if by_x is None else by_x.numpy()


def assert_same_layer(script, x, training=False, seed=0, tolerance=TOLERANCE):
    """Output, every gradient and the weights left behind (running statistics) agree."""
    ours, theirs = both(script, seed)
    v = np.random.default_rng(seed + 1).standard_normal(theirs.compute_output_shape(np.shape(x)))
    v = v.astype(theirs.dtype)
    y, by_weights, by_x = gradients(theirs, x, v, training)
    assert_close(ours(x, training=training), y, "output", tolerance)
    dx = ours.backward(v)
    assert_close([p.gradient for p in ours.parameters if p.is_trained], by_weights, "gradient", tolerance)
    if by_x is not None:
        assert_close(dx, by_x, "gradient of the input", tolerance)
    assert_close(ours.get_weights(), theirs.get_weights(), "weight", tolerance)


def assert_same_training(script, x, y, compiled, steps=10, seed=0, tolerance=TOLERANCE, **batch):
    """Loss, metrics and weights agree over some steps on changing batches.

    Parameters
    ----------
    compiled : function
        From a library to the arguments of ``compile``.
    tolerance : float
        Of losses and metrics; that of weights is always the same.
    batch : dict of arrays
        Further arguments of ``train_on_batch`` that are cut like x and y, or dictionaries, which are not.
    """
    ours, theirs = both(script, seed)
    ours.compile(**compiled(unrolled))
    theirs.compile(**compiled(keras()), run_eagerly=True)
    n = len(x) // 2
    for step in range(steps):
        part = slice(step % 2 * n, step % 2 * n + n)
        more = {k: v if isinstance(v, dict) else v[part] for k, v in batch.items()}
        a = ours.train_on_batch(x[part], y[part], **more)
        b = theirs.train_on_batch(x[part], y[part], **more)
        assert_close(np.atleast_1d(a), np.atleast_1d(b), f"loss and metrics of step {step + 1}",
                     tolerance)
        if step == 0:
            assert_close(ours.get_weights(), theirs.get_weights(), "after one step: weight")
    assert_close(ours.get_weights(), theirs.get_weights(), f"after {steps} steps: weight")
    return ours, theirs
