"""Tasks in a terminal: read by polling, shown as live bars or, without a terminal, as lines.

`store_source` reads a store and `api_source` an API, `readers` makes views of what they answer,
`formats` makes texts of values, `live_bars` draws (needs rich), `lines` prints.
"""
