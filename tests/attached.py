"""Programs that end with the process that starts them, even if that is killed."""

import shutil
from collections.abc import Sequence


def attached(command: Sequence[str]) -> list[str]:
    """`command`, to which the kernel sends SIGTERM when the thread that starts it ends.

    Its process id is that of the program. Where there is no setpriv (of util-linux 2.33 or later),
    the command stays as it is.
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig=TERM", "--", *command] if setpriv else [*command]
