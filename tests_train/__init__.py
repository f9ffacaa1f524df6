"""Tests of the training code. They need the ``train`` extra (torch, onnx): run them with ``make test-train``."""
