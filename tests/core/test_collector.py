import gc

import pytest

from bot.core.collector import held_back


def test_the_collector_waits_and_goes_on_even_after_an_error() -> None:
    with held_back():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ValueError), held_back():
        raise ValueError
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with held_back():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
