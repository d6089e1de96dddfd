--[[
Take workflows in which a member has ended: they are free for another sender once this one has had its
time.

KEYS
  workflows sorted set: workflow ids by the time (ms) from which each is looked at
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
