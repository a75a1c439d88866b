"""The CloudFormation resource Custom::Namespaces: a function that makes the namespaces of environments in an EKS
cluster, with their labels and what their pods are held to.

handler     one event of CloudFormation's → its answer; the only place that catches everything
request     the event's properties, typed
eks         a cluster's name → where its API server is, and a token for it
signature   a request → AWS's signature of it
objects     what is asked for → objects to apply, kinds to clear
kubernetes  an API server → these steps carried out
answer      the result → the presigned URL that CloudFormation waits at

Standard library only: what the function needs of AWS are two signed requests.
"""
