"""The dummy post-processor."""

import numpy as np
from stored_predictions import process, store

from napari_dacapo.tasks.post_processors import DummyPostProcessor


def test_it_writes_a_constant(tmp_path):
    processor = DummyPostProcessor(0.1)
    parameters = list(processor.enumerate_parameters())[4]
    prediction = store(tmp_path, np.zeros((1, 2, 2), np.uint8))
    processor.set_prediction(prediction)
    assert processor.prediction_array_identifier == prediction
    output = process(tmp_path, processor, parameters)
    assert output.shape == (10, 10, 10)
    assert (output[output.roi] == 5).all()
    assert (processor.process_block(np.zeros((3, 4, 5)), parameters) == 5).all()
