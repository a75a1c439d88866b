"""A kubeconfig, read as kubectl reads it, as far as it says how to reach one cluster; no kubernetes package.

    files    KUBECONFIG or --kubeconfig -> the context's cluster and user
    users    a user -> its bearer token, or its client certificate
    plugin   an exec plugin (aws eks get-token) -> ExecCredential
    access   all of it -> what a client is made from

What we do not do is refused by name, never left out: a release must not go out as somebody else, or unverified.
"""
