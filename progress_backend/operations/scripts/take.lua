--[[
Take events of a webhook target that are due: they are due again, for another sender, once this one has
had its time. Each attempt is counted as it begins.

KEYS
  1 outbox    hash: event id -> body
  2 due       sorted set: event ids by the time (ms) from which each may be sent
  3 attempts  hash: event id -> how often it was taken
ARGV
  1 now       ms since 1970
  2 until     ms since 1970 until which the caller has time
  3 limit     number of events
  4 ttl       ms for which the attempts are kept
Returns
  {id, body, attempt, …}
Publishes
  nothing
]]
local outbox, due, attempts = KEYS[1], KEYS[2], KEYS[3]
local taken = {}
for _, id in ipairs(tolerant('ZRANGEBYSCORE', due, '-inf', ARGV[1], 'LIMIT', 0, ARGV[3]) or {}) do
  local body = tolerant('HGET', outbox, id)
  if body then
    tolerant('ZADD', due, ARGV[2], id)
    taken[#taken + 1], taken[#taken + 2] = id, body
    taken[#taken + 1] = tolerant('HINCRBY', attempts, id, 1) or 1
  else
    tolerant('ZREM', due, id)
  end
end
if #taken > 0 then
  tolerant('PEXPIRE', attempts, ARGV[4])
end
return taken
