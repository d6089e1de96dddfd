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
-- No error if the stream is gone, and its group with it; not pending: another sender has ended it.
if #redis.pcall('XPENDING', events, 'senders', entry, entry, 1) == 0 then
  return 1
end
local waits = #redis.call('XRANGE', events, entry, entry) == 1  -- else it was dropped meanwhile
if outcome == '' and waits then
  redis.call('XCLAIM', events, 'senders', pause, 0, entry, 'JUSTID')
  return 1
end
redis.call('XACK', events, 'senders', entry)
redis.call('XDEL', events, entry)
tolerant('HINCRBY', counts, 'bytes', waits and -bytes or 0)
tolerant('HINCRBY', counts, outcome == '' and 'dropped' or outcome, 1)
return 1
