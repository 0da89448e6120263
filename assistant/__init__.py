"""The social-economy advisory assistant: documents in, cited answers out."""
