"""Measure training against Keras:  python tools/bench.py [--only moons] [--rounds 5] [--ours-only] [--quick]

Both libraries run `fit` on the same model and data, in turns in one process, on one thread. Times are CPU
times of the process for one batch: a whole call of `fit`, divided by the number of its batches; medians over
the rounds. The bound is the matrix products of one step and nothing else. Peak memory is that of a process
which only imports the library and calls `fit`. The exit status is 1 if a ratio is beyond five times its goal.
"""
import argparse
import dataclasses
import math
import os
import statistics
import subprocess
import sys
import time

FAR = 5                           # times the goal: no longer a matter of the machine


@dataclasses.dataclass
class Workload:
    """A model to train: `batches` in each of `epochs` make one call of `fit`."""

    compiled: callable            # from a library to the model
    data: callable                # from a number of examples to x, y
    batch_size: int
    batches: int
    epochs: int
    products: list                # (rows, inner, columns) of every matrix product of a step; empty: no bound
    goals: tuple                  # of the time, in Keras's and in the bound's; None: no goal

    def fit(self, model, x, y, epochs=None):
        model.fit(x, y, batch_size=self.batch_size, epochs=epochs or self.epochs, verbose=0)


def dense_step(*forward):
    """All products of a step, given those of its forward pass: dW for each, dx for each but the first."""
    by_weights = [(k, m, n) for m, k, n in forward]
    by_inputs = [(m, n, k) for m, k, n in forward[1:]]
    return [*forward, *by_weights, *by_inputs]


def recurrent_step(length, n, features, units, blocks):
    """All products of a recurrent layer: inputs and state with the weights; dW for each, and dh."""
    inner, outer = features + units, blocks * units
    return [(n, inner, outer)] * length + [(inner, n, outer)] * length + [(n, outer, units)] * length


def cut(x, n):
    """The first n examples, of one input or of a list of them."""
    return [a[:n] for a in x] if isinstance(x, list) else x[:n]


def images(*shape):
    def data(n):
        import numpy as np

        rng = np.random.default_rng(0)
        return rng.random((n, *shape), np.float32), np.eye(10, dtype=np.float32)[rng.integers(0, 10, n)]
    return data


def gate(n):
    from unrolled import datasets

    return datasets.gate("or")


def moons(n):
    from unrolled import datasets, utils

    x, t = datasets.moons(n)
    return x, utils.to_categorical(t)


def mlp(dl):
    model = dl.Sequential([dl.Input((784,)), *(dl.layers.Dense(200, "relu") for _ in range(3)),
                           dl.layers.Dense(10, "softmax")])
    model.compile(dl.optimizers.SGD(0.01), "categorical_crossentropy")
    return model


def cnn(dl):
    layers = dl.layers
    model = dl.Sequential([
        dl.Input((28, 28, 1)),
        layers.Conv2D(32, 5, padding="same", activation="relu"), layers.MaxPooling2D(),
        layers.Conv2D(64, 5, padding="same", activation="relu"), layers.MaxPooling2D(),
        layers.Flatten(), layers.Dense(1024, "relu"), layers.Dense(10, "softmax")])
    model.compile(dl.optimizers.Adam(1e-4), "categorical_crossentropy")
    return model


def adding(n):
    from unrolled import datasets

    return [a.astype("float32") for a in datasets.adding(n, 200)]


def recurrent(kind):
    def compiled(dl):
        model = dl.Sequential([dl.Input((200, 2)), getattr(dl.layers, kind)(128), dl.layers.Dense(1)])
        model.compile(dl.optimizers.Adam(1e-3), "mse")
        return model
    return compiled


def additions(n):
    from unrolled import datasets, text, utils

    numbers = text.Vocabulary("0123456789+ ", padding=None)
    questions, answers = (utils.to_categorical(numbers.encode(texts), 12) for texts in datasets.additions(n))
    return [questions, answers], answers


def encoder_decoder(dl):
    if hasattr(dl, "seq2seq"):
        model = dl.seq2seq.Seq2Seq(128, 12, start=False)
    else:
        questions, answers = dl.Input((7, 12)), dl.Input((4, 12))
        _, h, c = dl.layers.LSTM(128, return_state=True)(questions)
        states = dl.layers.LSTM(128, return_sequences=True)(answers[:, :-1], initial_state=[h, c])
        states = dl.ops.concatenate([h[:, None], states], axis=1)
        model = dl.Model([questions, answers], dl.layers.Dense(12, "softmax")(states))
    model.compile(dl.optimizers.Adam(1e-3), "categorical_crossentropy")
    return model


def questions(n):
    from unrolled import datasets, text

    asked, _ = datasets.stories(n_train=-(-n // 5), n_test=1)
    *x, answers = text.story_arrays(asked[:n], text.story_vocabulary(asked), shape=(10, 7))
    return x, answers


def memory_network(dl):
    words, width, hops, sentences, length = 22, 20, 3, 10, 7
    if hasattr(dl, "memory"):
        model = dl.memory.MemoryNetwork(words, width, hops)
    else:
        story, question = dl.Input((sentences, length), dtype="int32"), dl.Input((4,), dtype="int32")
        model = dl.Model([story, question], keras_memory(dl)(words, width, hops)(story, question))
    model.compile(dl.optimizers.Adam(0.003), "sparse_categorical_crossentropy")
    return model


def keras_memory(keras):
    """The equations of `unrolled.memory.MemoryNetwork` as a layer of Keras."""
    ops = keras.ops

    class Memory(keras.layers.Layer):
        def __init__(self, words, width, hops):
            super().__init__()
            self.words, self.width, self.hops = words, width, hops

        def build(self, story_shape):
            start = keras.initializers.RandomNormal(stddev=0.1)
            self.embeddings = self.add_weight((self.hops + 1, self.words, self.width), start)
            self.temporal = self.add_weight((self.hops + 1, story_shape[1], self.width), start)

        def bag(self, words):
            """How often each word is there, but for 0."""
            known = ops.cast(ops.arange(self.words) > 0, self.dtype)
            return ops.sum(ops.one_hot(words, self.words, dtype=self.dtype), -2) * known

        def call(self, story, question):
            told = ops.any(story > 0, -1)                                      # (N, S)
            ages = ops.flip(ops.cumsum(ops.flip(ops.cast(told, "int32"), 1), 1), 1) - 1
            rows = ops.concatenate([self.bag(story), ops.one_hot(ages, story.shape[1], dtype=self.dtype)
                                    * ops.cast(told, self.dtype)[..., None]], -1)
            tables = ops.concatenate([self.embeddings, self.temporal], 1)      # (K + 1, V + S, d)
            u = self.bag(question) @ self.embeddings[0]                        # (N, d)
            for k in range(self.hops):
                m, c = rows @ tables[k], rows @ tables[k + 1]                  # (N, S, d)
                s = ops.where(told, ops.sum(m * u[:, None], -1), -1e9)         # (N, S)
                u = u + ops.sum(ops.softmax(s)[..., None] * c, 1)
            return ops.softmax(u @ ops.transpose(self.embeddings[-1]))
    return Memory


def neuron(dl):
    model = dl.Sequential([dl.Input((2,)), dl.layers.Dense(1, "sigmoid")])
    model.compile(dl.optimizers.SGD(0.1), "binary_crossentropy")
    return model


def small(dl):
    model = dl.Sequential([dl.Input((2,)), dl.layers.Dense(3, "sigmoid"), dl.layers.Dense(2, "softmax")])
    model.compile(dl.optimizers.SGD(0.05), "categorical_crossentropy")
    return model


WORKLOADS = {
    "MLP 784-200-200-200-10, batch 200": Workload(
        mlp, images(784), 200, 100, 2,
        dense_step((200, 784, 200), (200, 200, 200), (200, 200, 200), (200, 200, 10)), (0.7, 1.4)),
    "CNN 5x5x32 - 5x5x64 - 1024, batch 50": Workload(
        cnn, images(28, 28, 1), 50, 20, 1,
        dense_step((50 * 28 * 28, 25, 32), (50 * 14 * 14, 25 * 32, 64), (50, 3136, 1024), (50, 1024, 10)),
        (1.75, 1.75)),
    **{f"{kind} 128, T = 200, batch 100": Workload(
        recurrent(kind), adding, 100, 15, 1, recurrent_step(200, 100, 2, 128, blocks) + dense_step((100, 128, 1)), goals)
       for kind, blocks, goals in (("SimpleRNN", 1, (0.9, 1.3)), ("LSTM", 4, (1.0, 1.6)), ("GRU", 3, (0.65, 1.6)))},
    "seq2seq addition, hidden 128, batch 200": Workload(
        encoder_decoder, additions, 200, 90, 1,
        [*recurrent_step(7 + 3, 200, 12, 128, 4), *dense_step((800, 128, 12)), (800, 12, 128)], (0.8, 1.6)),
    "memory network, bAbI 1, batch 32": Workload(memory_network, questions, 32, 300, 1, [], (0.5, None)),
    "OR gate, 200 epochs": Workload(neuron, gate, 1, 4, 200, [], (1 / 200, None)),
    "moons 2-3-2, 500 epochs": Workload(small, moons, 20, 12, 500, [], (1 / 40, None)),
}


# Measuring

def bound(products, times):
    """Return a function that computes these products so many times."""
    import numpy as np

    rng = np.random.default_rng(0)
    arrays = [(rng.random((m, k), np.float32), rng.random((k, n), np.float32), np.empty((m, n), np.float32))
              for m, k, n in products]

    def run():
        for a, b, c in arrays * times:
            np.matmul(a, b, out=c)
    return run


def cpu_time(f):
    start = time.process_time()
    f()
    return time.process_time() - start


def measure(workload, libraries, rounds):
    """Return for each library, and for the bound, the CPU seconds of a step in each round."""
    x, y = workload.data(workload.batch_size * workload.batches)
    runs, steps = {}, {}
    for name, library in libraries.items():
        library.utils.set_random_seed(0)
        model = workload.compiled(library)
        workload.fit(model, cut(x, workload.batch_size), y[:workload.batch_size], epochs=2)  # warms it up
        runs[name] = lambda model=model: workload.fit(model, x, y)
        steps[name] = workload.batches * workload.epochs
    if workload.products:
        steps["bound"] = max(1, int(1e10 / sum(2.0 * math.prod(p) for p in workload.products)))
        runs["bound"] = bound(workload.products, steps["bound"])
        runs["bound"]()
    seconds = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            seconds[name].append(cpu_time(run) / steps[name])
    return seconds


def libraries(names):
    """Return the libraries of these names, on one thread."""
    from threadpoolctl import threadpool_limits

    import unrolled

    found = {"ours": unrolled}
    if "keras" in names:
        from unrolled.notebook import silent_stderr

        os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")
        with silent_stderr():
            import tensorflow as tf

            tf.config.threading.set_intra_op_parallelism_threads(1)
            tf.config.threading.set_inter_op_parallelism_threads(1)
            tf.constant(0.0).numpy()
            import keras
        found["keras"] = keras
    threadpool_limits(1)
    return {name: found[name] for name in names}


def peak(name, library, options):
    """Return the peak memory, in MB, of a process that imports a library and calls `fit`."""
    command = [sys.executable, __file__, "--only", name, "--peak", library, *options]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def own_peak(workload, library):
    import resource

    x, y = workload.data(workload.batch_size * workload.batches)
    model = workload.compiled(*libraries([library]).values())
    workload.fit(model, x, y, epochs=1)
    unit = 1 if sys.platform == "darwin" else 1024           # bytes there, kilobytes elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


# Showing

def verdict(seconds, other, goal):
    """Return the ratio to another time, as text beside its goal, and whether it is far beyond that."""
    if other not in seconds:
        return "–", False
    ratio = statistics.median(a / b for a, b in zip(seconds["ours"], seconds[other], strict=True))
    if goal is None:
        return f"{ratio:.3g}", False
    return f"{ratio:.3g} {'≤' if ratio <= goal else '>'} {goal:g}", ratio > FAR * goal


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Measure training against Keras.")
    parser.add_argument("--only", default="", help="the workloads whose names hold this text")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ours-only", action="store_true", help="do not import Keras")
    parser.add_argument("--quick", action="store_true", help="one round of two small epochs: does it run?")
    parser.add_argument("--peak", choices=["ours", "keras"], help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    chosen = {name: w for name, w in WORKLOADS.items() if options.only.lower() in name.lower()}
    if not chosen:
        raise SystemExit(f"No workload's name holds {options.only!r}. There are: {'; '.join(WORKLOADS)}.")
    if options.rounds < 1 or options.peak and options.only not in chosen:
        raise SystemExit("There must be at least one round, and the peak is that of one workload, named in full.")
    if options.quick:
        chosen = {name: dataclasses.replace(w, batches=2, epochs=2) for name, w in chosen.items()}
    if options.peak:
        print(own_peak(chosen[options.only], options.peak))
        return 0

    names = ["ours"] if options.ours_only else ["ours", "keras"]
    # First, while this process is small: a new one inherits the peak of the one that starts it.
    peaks = {name: [peak(name, n, ["--quick"] * options.quick) for n in names] for name in chosen}
    found, far = libraries(names), False
    head = ("workload", "ours, ms", "Keras, ms", "bound, ms", "/ Keras, goal", "/ bound, goal", "peaks, MB")
    rows = [head]
    for name, workload in chosen.items():
        seconds = measure(workload, found, 1 if options.quick else options.rounds)
        medians = [f"{1e3 * statistics.median(seconds[n]):.3g}" if n in seconds else "–"
                   for n in ("ours", "keras", "bound")]
        verdicts = [verdict(seconds, other, goal)
                    for other, goal in zip(("keras", "bound"), workload.goals, strict=True)]
        far |= any(beyond for _, beyond in verdicts)
        memory = " / ".join(f"{p:.0f}" for p in peaks[name])
        rows.append((name, *medians, *(text for text, _ in verdicts), memory))
    widths = [max(len(row[k]) for row in rows) for k in range(len(head))]
    for row in rows:
        print("   ".join(cell.ljust(w) if k == 0 else cell.rjust(w)
                         for k, (cell, w) in enumerate(zip(row, widths, strict=True))))
    print("CPU time of a step (one batch), median; goals are for one thread of an idle machine.")
    return int(far)


if __name__ == "__main__":
    sys.exit(main())
