--[[
Record the outcome of an attempt to send an event to a webhook target.

KEYS
  events    stream: the events that wait, see `take.lua`
  counts    hash: events that were delivered, given up and dropped; bytes that wait
ARGV
  entry     its id in the stream
  bytes     of the event
  outcome   the count that grows; "": the event is due again
  pause     ms until it is due again, then
Returns
  1
Publishes
  nothing
]]
if outcome == '' then
  -- No error if the stream is gone, and its group with it.
  redis.pcall('XCLAIM', events, 'senders', pause, 0, entry, 'JUSTID')
  return 1
end
tolerant('XACK', events, 'senders', entry)
if tolerant('XDEL', events, entry) == 1 then  -- else another sender has ended it
  tolerant('HINCRBY', counts, 'bytes', -bytes)
  tolerant('HINCRBY', counts, outcome, 1)
end
return 1
