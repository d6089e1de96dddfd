"""Where a job stands: the stack of one that hangs, and the traceback of one that failed."""
