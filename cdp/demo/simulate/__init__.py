"""The simulator: synthetic worlds of shoppers, sent through the public API, and what is true of them.

    from cdp.demo.simulate import Persona, personas
    personas(seed)        # the people one may sign in as in the demo shop; they are among the seeded people

Pure but for `sending`, `checking` and `live`: the same seed and the same `now` give the same events, message ids and
truth. Nothing here asks the service's own code what is true: the worlds know it because they made it so.
"""

from cdp.demo.simulate.personas import Persona, personas

__all__ = ["Persona", "personas"]
