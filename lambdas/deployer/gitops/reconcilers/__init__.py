"""How a reconciler fares, by the object that tells it: one module for each kind, all pure.

path(place)             where the object is
refusal(object)         why its status could never prove a release; "" when it can
judge(object, reached)  its status -> State; `reached` says whether one of some revisions is this release
"""
