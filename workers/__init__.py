"""A worker as a service: jobs that download daily prices and save them. Copy it and change it."""
