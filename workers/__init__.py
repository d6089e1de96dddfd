"""The sample application: a worker as a service, whose jobs download daily prices and save them.
Copy it and change it."""
