"""The CloudFormation resource Custom::Namespaces: a function that makes and labels namespaces in an EKS cluster.

handler     one event of CloudFormation's → its answer; the only place that catches everything
request     the event's properties, typed
eks         a cluster's name → where its API server is, and a token for it
signature   a request → AWS's signature of it
kubernetes  an API server → the namespace applied
answer      the result → the presigned URL that CloudFormation waits at

Standard library only: what the function needs of AWS are two signed requests.
"""
