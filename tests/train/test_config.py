from __future__ import annotations

from train.config import FinetuneConfig


def test_each_twin_has_its_own_epochs_and_ignores_the_others() -> None:
    settings = FinetuneConfig(epochs=4, listen_epochs=1)
    assert settings.for_twin("text_only").epochs == 4
    assert settings.for_twin("text_audio").epochs == 1
    shorter = FinetuneConfig(epochs=4, listen_epochs=0.5)
    assert settings.for_twin("text_only") == shorter.for_twin("text_only")
    assert FinetuneConfig(epochs=4).for_twin("text_audio").epochs == 4
