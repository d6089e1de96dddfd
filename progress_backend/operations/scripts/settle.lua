--[[
Record what came of an attempt to send an event to a webhook target.

KEYS
  1 outbox    hash: event id -> body
  2 due       sorted set: event ids by the time (ms) from which each may be sent
  3 age       sorted set: event ids by the time (µs) at which each was written
  4 attempts  hash: event id -> how often it was taken
  5 counts    hash: events that were delivered, given up and dropped; bytes that wait
  6 deliveries list: the last attempts, the newest first
ARGV
  1 event id
  2 again     ms since 1970 from which it may be sent again, "" if it is over
  3 outcome   the count that grows, "" for none
  4 delivery  what is kept of the attempt, "" for nothing
  5 kept      number of attempts that are kept
  6 unmade    "1": the attempt was not made after all
  7 ttl       ms for which the attempts are kept
Returns
  1
Publishes
  nothing
]]
local outbox, due, age, attempts, counts = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local id = ARGV[1]
local bytes = tolerant('HSTRLEN', outbox, id) or 0
if ARGV[2] ~= '' then
  -- Another sender may have delivered the event meanwhile: then it stays away.
  if tolerant('ZADD', due, 'XX', 'CH', ARGV[2], id) == 1 and ARGV[6] == '1' then
    tolerant('HINCRBY', attempts, id, -1)
  end
elseif tolerant('HDEL', outbox, id) == 1 then
  tolerant('ZREM', due, id)
  tolerant('ZREM', age, id)
  tolerant('HDEL', attempts, id)
  tolerant('HINCRBY', counts, 'bytes', -bytes)
end
if ARGV[3] ~= '' then
  tolerant('HINCRBY', counts, ARGV[3], 1)
end
if ARGV[4] ~= '' then
  tolerant('LPUSH', KEYS[6], ARGV[4])
  tolerant('LTRIM', KEYS[6], 0, ARGV[5] - 1)
  tolerant('PEXPIRE', KEYS[6], ARGV[7])
end
return 1
