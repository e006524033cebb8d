"""Holistic Trace Analysis of samprof's traces, beside samprof's own figures."""
