"""Forms generated from config classes: no class needs a form of its own."""

from .config_form import ConfigForm

__all__ = ["ConfigForm"]
