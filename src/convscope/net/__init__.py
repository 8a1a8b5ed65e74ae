"""The network under glass: intake, the tape, receptive fields, backward rules, crops and cones.

Everything convscope does to a foreign network goes through one ``TorchFunctionMode``
(`convscope.net.watch`), so modules, functions, methods and graph programs look alike.
"""
