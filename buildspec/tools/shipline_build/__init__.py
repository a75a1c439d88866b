"""The steps of a build: requirements → plan → login → test → build → release. Of a preview: own → these → preview.

The steps are processes of their own, one after the other; what they tell each other is in plan.json, in the
build's temporary folder. Nothing is written into the sources before `release`, which puts what the build hands on
(reports, the Release artifact) below `.shipline/`.
"""
