"""The deployer: one CodePipeline job in, one release on a cluster out.

The straight path, each stage a module, each module's effects its own:

    job        event -> Job; the only one that answers CodePipeline
    artifact   zip -> folder; refuses what escapes or explodes
    release    release.json -> Release; digests checked against the target and ECR
    bump       text -> text, pure; changes the bytes of image references and no others
    render     folder -> objects (plain | kustomize | helm)
    plan       objects + live cluster -> Plan, frozen; writes nothing
    inventory  the one object in the namespace that is lock, fence, journal and inventory
    apply      Plan -> server-side apply, in stages
    canary     a new version beside the old one, and the traffic going over by an HTTPRoute's weights
    wait       objects -> Healthy | Progressing | Doomed; a value, never an exception
    prune      inventory - objects -> deletions
    restore    the stored previous set -> apply and delete, only what this release changed
    ledger     what was released where, with what result: a DynamoDB table, or a ConfigMap where there is none
    gitops       all of this another way: a commit to a configuration repository, which somebody else applies
    diff       Plan -> what changes, field by field, every secret covered
    report     what happened -> the words of the job's answer, and the whole of it in the output artifact

`flow` calls them in order, `modes` for a plan that is only read, `compose` builds them, `handler` is the Lambda entry.
"""
