"""samprof"""
