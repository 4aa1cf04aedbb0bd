"""A function that takes long answers from a thread, which a newer setting, or the page's Stop, ends."""
import asyncio
import ctypes
import threading

PATIENCE = 0.2          # seconds for which the kernel itself may wait for a function


class Stopped(SystemExit):
    """Raised inside a computation that nobody waits for; being a SystemExit, it ends a thread in silence."""


class Task:
    """``compute()`` in a thread, then ``done(result)`` in the loop that started it, unless stopped before."""

    def __init__(self, at, compute, done):
        self.at, self._compute, self._done, self._wanted = at, compute, done, True
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            result = self._compute()
            self._loop.call_soon_threadsafe(self._finish, result)
        except (Stopped, RuntimeError):                 # RuntimeError: the loop is closed, the kernel ends
            return

    def _finish(self, result):
        if self._wanted:
            self._done(result)

    def stop(self):
        """End the thread before its next line of Python; what NumPy has begun it finishes."""
        self._wanted = False
        if self._thread.is_alive():
            thread = ctypes.c_ulong(self._thread.ident)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(Stopped))
