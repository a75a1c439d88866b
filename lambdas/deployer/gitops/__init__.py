"""A release as a commit: the images' digests go into a configuration repository, which Argo CD or Flux brings to the
cluster. Nothing is written to the cluster from here.

    place        where: repository, branch, folder, and the object that tells how the reconciler fares
    repository   the one module that speaks to CodeCommit; a commit is a compare-and-swap of the branch
    files        files + images -> what changes in them, pure; `bump` does the editing
    message      what a commit says, and which commit is whose
    commit       head -> changes -> commit, again when somebody pushed meanwhile; one of ours is found, not repeated
    reconcilers  the object's status -> State, pure; one module for each kind
    lineage      is a revision this release? the commit or a later one, and the digests are still in it
    wait         looks until the release is there and healthy, cannot become so, or the invocation is over
    deliver      the path of a job: gates, commit, wait, and the way back by another commit
    modes        deploy, plan and soak of such an environment

The ledger alone remembers: CodePipeline lets one execution into a stage at a time.
"""
