--[[
Take workflows in which a member has ended: they are due again, for another sender, once this one has
had its time.

KEYS
  1 workflows sorted set: workflow ids by the time (ms) from which each is looked at
ARGV
  1 now       ms since 1970
  2 until     ms since 1970 until which the caller has time
  3 limit     number of workflows
Returns
  their ids
Publishes
  nothing
]]
local found = tolerant('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3]) or {}
for _, id in ipairs(found) do
  tolerant('ZADD', KEYS[1], ARGV[2], id)
end
return found
