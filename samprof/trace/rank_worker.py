"""One of the processes that read the traces of a job: questions on stdin, tables on stdout, pickled."""

import pickle
import sys

from samprof.trace.ranks import attempt

if __name__ == "__main__":
    while True:
        try:
            question = pickle.load(sys.stdin.buffer)
        except EOFError:
            break
        pickle.dump(attempt(*question), sys.stdout.buffer, protocol=pickle.HIGHEST_PROTOCOL)
        sys.stdout.buffer.flush()
