"""Programs that end with the process that starts them, even if that is killed."""

import os
import shutil
from collections.abc import Sequence

# The parent may have ended before the kernel was asked to watch it.
_IF_IT_IS_THERE = '[ "$PPID" = "$0" ] && exec "$@"'


def attached(command: Sequence[str]) -> list[str]:
    """`command`, to which the kernel sends SIGTERM when the thread that starts it ends.

    Its process id is that of the program. Where there is no setpriv (of util-linux 2.33 or later),
    the command stays as it is.
    """
    setpriv = shutil.which("setpriv")
    if not setpriv:
        return [*command]
    parent = str(os.getpid())
    return [setpriv, "--pdeathsig=TERM", "--", "sh", "-c", _IF_IT_IS_THERE, parent, *command]
