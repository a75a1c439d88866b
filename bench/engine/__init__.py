"""The engine beside kubectl, helm and kapp: the same objects, the same API server, the same distance from it.

    workload   what is released: the same bytes for every tool
    cluster    where: real etcd, kube-apiserver and controller-manager behind a relay of 2.5 ms each way
    tool       who: the command lines in `peers`, one file per tool
    process    how it is measured: a whole process, from its start to its end, with the most memory it held
    works      what is measured: one file per kind of work, with its goals
    results    what came of it: less is better, and each goal is the least ratio of theirs to ours

`python -m bench engine` measures all works, `--only noop,lag` some of them.
"""
