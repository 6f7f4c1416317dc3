"""One SCIM operation from request to answer: plan, run, view, check. The only place where stages meet."""
