"""A secret has a new value where it is kept: the release that runs is delivered once more, with that value.

change    an event of Secrets Manager or the Parameter Store -> a release of the running set, under the same lock,
          holds and ledger as any other
pods      which pod templates use which Secrets: they carry the versions, so that a new one restarts the pods
"""
