"""The workspace of the staff at /staff: sign-in, a gate before everything else, and Gradio behind it.

    mounting    puts the parts together; makes a workspace when somebody first comes
    gate        who may pass; what of Gradio may be called; the headers of what comes back
    entry       sign-in and sign-out, OpenID Connect, tables to take away
    page        Gradio's page made ours: language, heading, no inline code without a nonce
    workspace   the Blocks of one language and role
    desk        what every tab works with: service, words, handlers that know who asks
    tabs        one module a tab
    shelf       documents on their way into the corpus and out of it
    apart       heavy work in a process of its own
    markup      tables and bars as HTML

`workspace`, `desk` and `tabs` are the home of Gradio, which takes seconds to import: nothing else here imports them
before it must. They keep nothing between two events, so that several server processes may share the work.
"""
