"""The namespaces of previews: a function that makes, deletes and sweeps those of one service, by numbers alone.

handler   one event → namespaces and images, and an answer; raises what goes wrong, so that Lambda tells it
request   the event → what is asked: open or close one, or sweep
settings  what the template has written into the function's environment
objects   a number → the objects to apply; what the cluster has → whose it is, and whether it has expired
cluster   namespaces read, listed and deleted
images    a number → the images of its builds, deleted

Who deploys a preview may not make a namespace, and who may make one runs no code of a pull request: that is this
function. It takes no name, no manifest and no image from anybody, and never touches a namespace that it did not make.
"""
