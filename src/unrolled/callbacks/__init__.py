"""Callbacks: what happens around epochs and batches while a model is trained."""

from .base import Callback, CallbackList, History
from .control import (
    EarlyStopping,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    RoundWeights,
    TerminateOnNaN,
)
from .files import CSVLogger, TensorBoard
from .progress import ProgbarLogger

__all__ = ["CSVLogger", "Callback", "CallbackList", "EarlyStopping", "History", "LambdaCallback",
           "LearningRateScheduler", "ModelCheckpoint", "ProgbarLogger", "ReduceLROnPlateau", "RoundWeights",
           "TensorBoard", "TerminateOnNaN"]
