"""The augments under the import path they have in DaCapo."""

from napari_dacapo.trainers.augments import *  # noqa: F403
from napari_dacapo.trainers.augments import __all__ as __all__
