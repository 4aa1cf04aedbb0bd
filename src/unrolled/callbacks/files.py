"""Callbacks that write the course of training into files."""

import csv
import numbers
import sys
import time

from ..batches import whole
from ..utils import as_path
from .base import Callback


class CSVLogger(Callback):
    """Write the metrics of each epoch as a line of a table of comma-separated values.

    Parameters
    ----------
    filename : str or path
    separator : str
    append : bool
        Whether to go on in an existing file instead of starting a new one.
    """

    def __init__(self, filename, separator=",", append=False):
        if not isinstance(separator, str) or len(separator) != 1:
            raise ValueError(f"separator must be one character, but {separator!r} was given.")
        self.filename, self.separator, self.append = as_path(filename), separator, append

    def on_train_begin(self, logs=None):
        self.keys = None
        try:
            with open(self.filename, "a" if self.append else "w"):
                pass
        except OSError as error:
            raise type(error)(f"{self.filename} cannot be written: {error.strerror}.") from None

    def on_epoch_end(self, epoch, logs=None):
        started = self.filename.exists() and self.filename.stat().st_size > 0
        self.keys = self.keys or sorted(logs)
        with open(self.filename, "a", newline="") as file:           # opened anew: a crash loses no line
            writer = csv.writer(file, delimiter=self.separator)
            if not started:
                writer.writerow(["epoch", *self.keys])
            writer.writerow([epoch, *(logs.get(key, "NA") for key in self.keys)])


class TensorBoard(Callback):
    """Write event files that TensorBoard shows: metrics, the graph of the layers, histograms of the weights.

    Needs the package ``tensorboard``, whose own writer is used.

    Parameters
    ----------
    log_dir : str or path
        Files go into its folders ``train`` and ``validation``.
    histogram_freq : int
        After every so many epochs the weights' histograms are written; 0 means never.
    write_graph : bool

    Raises
    ------
    ImportError
        At the start of training, if the package is missing.
    """

    def __init__(self, log_dir="logs", histogram_freq=0, write_graph=True):
        self.log_dir, self.histogram_freq = as_path(log_dir), whole("histogram_freq", histogram_freq, 0)
        self.write_graph = write_graph

    def on_train_begin(self, logs=None):
        try:
            from tensorboard.compat.proto.event_pb2 import Event
        except ImportError:
            raise ImportError("The callback TensorBoard needs the package tensorboard, "
                              "which is not installed: pip install tensorboard") from None
        self.files = {}
        self._write("train", Event(file_version="brain.Event:2"))
        if self.write_graph:
            self._write("train", Event(graph_def=self._graph().SerializeToString()))

    def on_epoch_end(self, epoch, logs=None):
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.plugins.histogram.summary_v2 import histogram_pb
        from tensorboard.plugins.scalar.summary_v2 import scalar_pb

        for name, value in logs.items():
            place = "validation" if name.startswith("val_") else "train"
            if place not in self.files:
                self._write(place, Event(file_version="brain.Event:2"))
            if isinstance(value, numbers.Real) and not abs(value) > sys.float_info.max:       # NaN is shown
                summary = scalar_pb("epoch_" + name.removeprefix("val_"), float(value))
                self._write(place, Event(step=epoch, summary=summary))
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            for p in self.model.parameters:
                self._write("train", Event(step=epoch, summary=histogram_pb(p.path, p.value)))

    def on_train_end(self, logs=None):
        for file in self.files.values():
            file.close()

    def _write(self, place, event):
        from tensorboard.summary.writer.record_writer import RecordWriter

        if place not in self.files:
            folder = self.log_dir / place
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise type(error)(f"There can be no folder {folder} for TensorBoard: {error.strerror}.") from None
            self.files[place] = open(folder / f"events.out.tfevents.{time.time_ns()}", "wb")
        event.wall_time = time.time()
        writer = RecordWriter(self.files[place])
        writer.write(event.SerializeToString())
        writer.flush()

    def _graph(self):
        """Return one node per layer, each fed by the one before."""
        from tensorboard.compat.proto.graph_pb2 import GraphDef

        graph = GraphDef()
        graph.node.add(name="input", op="Placeholder")
        for layer in self.model.layers:
            graph.node.add(name=layer.name, op=type(layer).__name__, input=[graph.node[-1].name])
        return graph
