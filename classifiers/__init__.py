"""Text models: language, one encoder with its labels, calibration and evaluation."""
