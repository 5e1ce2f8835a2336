"""What all tests share."""

import os

from hypothesis import HealthCheck, settings

# a machine may be slow, and a law is about what holds, not how fast; CI looks at the same examples each time
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("any machine"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "any machine")
