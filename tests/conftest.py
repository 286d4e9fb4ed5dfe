"""Puts this folder on the path, where `golden_data` is, and tames hypothesis."""

from hypothesis import HealthCheck, settings

# other work on the machine must not fail a test by slowing it down
settings.register_profile(
    "default", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("default")
