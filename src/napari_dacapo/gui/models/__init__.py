"""What the window shows, as data: no widget is needed to test any of it."""

from .curves import Curve, smooth
from .progress import RunProgress

__all__ = ["Curve", "RunProgress", "smooth"]
