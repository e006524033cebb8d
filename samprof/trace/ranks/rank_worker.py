"""One process that reads traces of a job: pickled requests on stdin, pickled tables on stdout."""

import pickle
import signal
import sys

from samprof.processes import end_with_parent
from samprof.trace.ranks.rank_tables import attempt

if __name__ == "__main__":
    end_with_parent(number=signal.SIGKILL)
    while True:
        try:
            request = pickle.load(sys.stdin.buffer)
        except EOFError:
            break
        pickle.dump(attempt(*request), sys.stdout.buffer, protocol=pickle.HIGHEST_PROTOCOL)
        sys.stdout.buffer.flush()
