"""The fork server, on a machine without room for two of its children."""

from samprof.sweeps.measure.processes import fork_server

fork_server.has_room = lambda *_: False

if __name__ == "__main__":
    fork_server.main()
