"""Previews of pull requests: the same delivery as a release's, asked for by a build instead of a pipeline.

    handler    Lambda's entry: one request → one answer, never an exception
    request    the event, typed
    build      a build's id → the number of its pull request, by CodeBuild's own word
    keeper     the number → the namespace, made by another function: this one may not
    deliver    number + release → the preview's world → flow.deliver → the answer
    addresses  what the namespace can be reached at

Who asks is a build that runs the code of a pull request, so nothing is believed of it but its id and its files.
"""
