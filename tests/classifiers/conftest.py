"""The real shipped model, loaded once."""

from __future__ import annotations

import pytest

from classifiers.encoder import EncoderModel


@pytest.fixture(scope="session")
def model() -> EncoderModel:
    return EncoderModel.load()
