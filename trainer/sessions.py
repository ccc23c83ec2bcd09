"""How onnxruntime sessions are set up where several threads run them."""

import onnxruntime


def single_threaded() -> onnxruntime.SessionOptions:
    """Session options for sessions that are run by several threads at once."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return options


def lean() -> onnxruntime.SessionOptions:
    """The same for a process that has little memory: what a picture needed is given back after it. Costs no time that could be measured."""
    options = single_threaded()
    options.enable_cpu_mem_arena = False
    return options
