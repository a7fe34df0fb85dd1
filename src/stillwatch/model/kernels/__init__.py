"""Pure numeric kernels: arrays in, arrays out; compiled with numba, the interpreter lock released."""
