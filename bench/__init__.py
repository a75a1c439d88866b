"""How fast and how large Shipline is: each figure beside its goal.

- `release`: releases on a machine that runs, action by action (`python -m bench.release`).
- `machine`: what it takes to get there, on a machine of its own below /tmp.
- `deployer`, `lines`: sizes.
- `engine`: the release engine beside kubectl, helm and kapp (`python -m bench engine`).

`make bench` does all of it.
"""
