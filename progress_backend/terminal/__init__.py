"""Tasks in a terminal: read by polling, shown as live bars or, without a terminal, as lines.

`source` asks a store or an API, by one of two clients; `readers` makes views of its answers,
`formats` makes texts of values, `live_bars` draws (needs rich), `lines` prints.
"""
