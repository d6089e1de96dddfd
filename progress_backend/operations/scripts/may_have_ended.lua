--[[
Take workflows in which a member has ended: another sender gets them once the caller's time is over, or
if another member ends.

KEYS
  workflows sorted set: workflow ids by the time (ms) from which each is checked
ARGV
  now       ms since 1970
  free      ms since 1970 until which the caller has time
  limit     number of workflows
Returns
  their ids
Publishes
  nothing
]]
local found = tolerant('ZRANGEBYSCORE', workflows, '-inf', now, 'LIMIT', 0, limit) or {}
for _, id in ipairs(found) do
  tolerant('ZADD', workflows, free, id)
end
return found
