"""A new version beside the one that runs, and the traffic going over to it by the weights of an HTTPRoute.

    model    what the target asks for
    parts    set -> Deployment, Service and HTTPRoute that it is about; Fatal where they do not fit together. Pure
    beside   parts -> the second Deployment and Service. Pure
    weights  route + share -> route. Pure
    walk     the effects: make it, wait for it, step by step more traffic
    stages   what a release does of it before it is applied, after that, and on the way back

What is made is in the inventory before it is written, and the journal says that a route is weighed before it is: so a
kill at any moment leaves nothing that the next run does not find. Back is always: the weights first.
"""
