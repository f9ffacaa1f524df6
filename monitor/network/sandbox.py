"""Reads hostile bytes in a child process that can be killed.

XML and HTML parsers can be made to use minutes of processor time or gigabytes of memory by a few kilobytes of
input, and one crash in a C library would take the whole service along. So bodies are parsed in a warm child with
limits on time and memory, which can open no file and no connection; the result comes back as JSON.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import struct
import subprocess
import sys
import sysconfig
import threading
import time
from importlib import import_module
from typing import IO, Any

from monitor.errors import PageChanged

CPU_SECONDS = 10
WALL_SECONDS = 20.0
MEMORY_BYTES = 2**30
WORKERS = 2
_LENGTH = struct.Struct(">I")
_LIBRARY_PATHS = ("stdlib", "platstdlib", "purelib", "platlib")
_FORBIDDEN = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork")


def parse_in_child(function: str, body: bytes, *args: Any) -> Any:
    """Return ``function(body, *args)`` as computed in the child; ``function`` is ``"module:name"``.

    ``args`` and the result are JSON. Raises ``PageChanged`` when the parser refuses the body, takes more than
    10 s of processor time or 1 GiB of memory, or kills the child.
    """
    return _pool.run(function, body, args)


class _Worker:
    """One child process. Not thread-safe; the pool hands it to one caller at a time."""

    def __init__(self) -> None:
        environment = {
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "PYTHONDONTWRITEBYTECODE": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "LC_ALL": "C.UTF-8",
        }
        # A session of its own: Ctrl-C in the terminal stops the service, which then closes this child's input.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "monitor.network.sandbox"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in: IO[bytes] = self._process.stdin
        self._out: IO[bytes] = self._process.stdout

    def alive(self) -> bool:
        return self._process.poll() is None

    def run(self, function: str, body: bytes, args: tuple[Any, ...]) -> Any:
        """Return the child's answer; ``OSError`` or ``EOFError`` when it died, ``TimeoutError`` when it hangs."""
        _send(self._in, json.dumps([function, list(args)]).encode())
        _send(self._in, body)
        return json.loads(self._receive(time.monotonic() + WALL_SECONDS))

    def _receive(self, deadline: float) -> bytes:
        (size,) = _LENGTH.unpack(self._read(_LENGTH.size, deadline))
        return self._read(size, deadline)

    def _read(self, size: int, deadline: float) -> bytes:
        poll = select.poll()
        poll.register(self._out, select.POLLIN)
        parts: list[bytes] = []
        while size:
            if not poll.poll(max(deadline - time.monotonic(), 0.0) * 1000):
                raise TimeoutError
            part = os.read(self._out.fileno(), min(size, 2**20))
            if not part:
                raise EOFError
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._in, self._out):
            try:
                pipe.close()
            except BrokenPipeError:
                continue  # unsent bytes for a child that is gone


class _Pool:
    """At most ``WORKERS`` warm children, started when first needed and replaced when they die."""

    def __init__(self) -> None:
        self._slots = threading.Semaphore(WORKERS)
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []

    def run(self, function: str, body: bytes, args: tuple[Any, ...]) -> Any:
        with self._slots:
            worker = self._take()
            try:
                answer = worker.run(function, body, args)
            except (OSError, EOFError, TimeoutError, ValueError) as error:
                worker.close()
                raise PageChanged("The answer could not be read: parsing it took too much time or memory.") from error
            except BaseException:
                worker.close()
                raise
            self._give_back(worker)
        return _result(answer)

    def _take(self) -> _Worker:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.alive():
                    return worker
                worker.close()
        return _Worker()

    def _give_back(self, worker: _Worker) -> None:
        with self._lock:
            self._idle.append(worker)

    def close(self) -> None:
        with self._lock:
            while self._idle:
                self._idle.pop().close()


def _result(answer: Any) -> Any:
    if "error" in answer:
        raise PageChanged(str(answer["error"]))
    return answer["result"]


_pool = _Pool()
atexit.register(_pool.close)


def close_workers() -> None:
    """Stop the warm children (the next parse starts new ones)."""
    _pool.close()


def _send(pipe: IO[bytes], data: bytes) -> None:
    pipe.write(_LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


# What follows runs in the child.


def _confine() -> None:
    """Give up what a parser never needs. Limits that this system does not know are left out."""
    import resource

    for name, limit in (("RLIMIT_AS", MEMORY_BYTES), ("RLIMIT_FSIZE", 0), ("RLIMIT_CORE", 0)):
        kind = getattr(resource, name, None)
        if kind is not None and sys.platform != "darwin":
            resource.setrlimit(kind, (limit, limit))
    libraries = {os.path.realpath(sysconfig.get_path(name)) + os.sep for name in _LIBRARY_PATHS}
    sys.addaudithook(lambda event, args: _guard(event, args, tuple(libraries)))


def _guard(event: str, args: tuple[Any, ...], libraries: tuple[str, ...]) -> None:
    if event.startswith(_FORBIDDEN):
        raise PermissionError(event)
    if event == "open" and isinstance(args[0], str | bytes):
        path = os.path.realpath(os.fsdecode(args[0]))
        # Modules imported on first use, and the tables libraries bring along, must stay readable; no more.
        if not (path.startswith(libraries) or path.endswith((".py", ".pyc"))):
            raise PermissionError(path)


def _allow_seconds(seconds: int) -> None:
    """Move the processor-time limit to ``seconds`` from now: it counts over the child's whole life."""
    import resource

    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime) + seconds, hard))


def _answer(request: list[Any], body: bytes) -> dict[str, Any]:
    module, name = request[0].split(":")
    function = getattr(import_module(module), name)
    try:
        return {"result": function(body, *request[1])}
    except PageChanged as error:
        return {"error": str(error)}
    except Exception as error:  # noqa: BLE001 (any failure of a parser means: this body cannot be read)
        return {"error": f"The answer could not be read ({type(error).__name__})."}


def _serve(source: IO[bytes], sink: IO[bytes]) -> None:
    while head := source.read(_LENGTH.size):
        request = json.loads(source.read(_LENGTH.unpack(head)[0]))
        body = source.read(_LENGTH.unpack(source.read(_LENGTH.size))[0])
        _allow_seconds(CPU_SECONDS)
        _send(sink, json.dumps(_answer(request, body)).encode())


if __name__ == "__main__":
    _confine()
    _serve(sys.stdin.buffer, sys.stdout.buffer)
