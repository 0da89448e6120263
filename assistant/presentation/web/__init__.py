"""The web server: API, public page, widget, staff workspace. Home of FastAPI, Starlette, uvicorn and Jinja.

app         puts the parts together and starts and stops them
running     what one server process shares
policies    the security headers of each surface
refusals    errors as HTTP
guard       before every request: origin, type and size of the body, the switch; after it: headers
roles       who may call which route
api         /api/v1
modes       /api/v1 of guided modes
asking      from a request to a question in the queue
streaming   an answer as events
public      the public page, the widget's frame, the page without JavaScript, static files
pages       their HTML
operation   /healthz, /readyz, /metrics
quoting     quotes for reports, looked up ahead of time
admission   how many questions at once, who has asked too often
preparing   building the index in a process of its own
oidc, staff the workspace behind its sign-in
"""
