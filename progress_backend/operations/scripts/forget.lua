--[[
Drop a lease that has run out and holds no task any more.

KEYS
  leases    sorted set: lease ids by the time (ms) at which each runs out
  held      sorted set: the task ids that run under the lease
ARGV
  lease
  before    ms since 1970: only a lease that ran out before it is dropped
Returns
  1 if it was dropped, else 0
Publishes
  nothing
]]
local score = redis.pcall('ZSCORE', leases, lease)
if type(score) == 'string' and tonumber(score) < tonumber(before) and redis.call('EXISTS', held) == 0 then
  return redis.call('ZREM', leases, lease)
end
return 0
