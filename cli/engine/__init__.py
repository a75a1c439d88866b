"""The deployer on a laptop: the same stages as in the function, with a kubeconfig's cluster and a terminal.

options    what the verbs share on the command line
place      arguments -> which service, environment and namespace; which ledger may count there
sources    paths -> the artifact: a folder with what is delivered, and nothing else
images     --image, --release, --from -> the release's images by digest
world      place + kubeconfig -> the deployer's world
progress   the deployer's events -> lines for people
carry      request -> outcome; a first Ctrl-C lets what is on its way end
"""
