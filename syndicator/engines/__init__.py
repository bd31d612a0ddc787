"""Who wakes the tasks. A wake-up names a task and a key and carries no truth.

The tables say what is due: losing every wake-up loses nothing, since the next tick finds the work
again; getting one twice does nothing, since the claim in the table fails.
"""
