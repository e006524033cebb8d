"""samprof's tab in TensorBoard: the traces and runs below its log directory, without internet."""
