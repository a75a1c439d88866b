"""Where and by whom a build runs beside CodeBuild's own machine: steps in front of it, and a docker server.

`model` is what may be written, `plan` the same with every default chosen, `resolve` the way between them; `check` finds
what AWS would refuse, and `telling` says it in words.
"""
