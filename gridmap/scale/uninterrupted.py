"""Loaded by the worker processes of this machine: a terminal sends Ctrl-C to them too, and only the command is to act on it."""

import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)
