"""What is counted over a dataset: states with ``empty``, ``update``, ``merge`` and ``finish``.

The merge rules are plain NumPy; only ``update`` reads a network's tensors and imports torch.
"""
