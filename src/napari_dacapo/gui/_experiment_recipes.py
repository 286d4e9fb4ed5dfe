"""What was done in the Experiment dock, to be done again elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._experiment_splits import replaced
from ._napari_status import show_info
from .models.recipes import inspection_recipe, suggestion_recipe
from .views.copy_button import CopyButton

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._experiment_choices import DataChoices
    from .models.recipes import Recipe

NOTHING = "Choose a file or press Suggest from data first: then it can be repeated."
NOT_PLAIN = (
    "These data are made from several arrays, which no command can tell: save the run, "
    "and use its file."
)


class ExperimentRecipes:
    """Knows the last proposal, or else the last file that was chosen.

    Parameters
    ----------
    choices : DataChoices
        Knows the files.

    Attributes
    ----------
    button : CopyButton
        Copies the recipe.
    """

    def __init__(self, choices: DataChoices) -> None:
        self._choices = choices
        self._asked: tuple[Any, dict[str, Any]] | None = None
        self._suggested: tuple[Any, dict[str, Any]] | None = None
        self.button = CopyButton(self.recipe)

    def asked(self, pairs: Any, **settings: Any) -> None:
        """Take note of the volumes and settings for which a proposal was asked."""
        self._asked = pairs, settings

    def proposed(self, stored: Sequence[Any]) -> None:
        """Take note that the proposal is there; `stored` is where layers are now."""
        if self._asked is not None:
            pairs, settings = self._asked
            self._suggested = replaced(pairs, stored), settings

    def recipe(self) -> Recipe | None:
        """Return what was done last, or tell why it cannot be repeated."""
        if self._suggested is not None:
            (train, validate), settings = self._suggested
            recipe = suggestion_recipe(train, validate, **settings)
            if recipe is None:
                show_info(NOT_PLAIN)
            return recipe
        files = [c for c in self._choices.offered(labels=False) if c.layer is None]
        if not files:
            show_info(NOTHING)
        return inspection_recipe(files[-1].config) if files else None
