"""Operations of a store: one typed function each, which names its Redis requests and reads their
replies. Pure.

Times are milliseconds since 1970 unless a name has another unit. A document is the record's JSON
text; facets are the status, type, symbol and lease by which the task is in indexes.
"""
