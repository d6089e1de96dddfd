--[[
Delete a lease that has expired and holds no task.

KEYS
  leases    sorted set: lease ids by the time (ms) at which each expires
  held      sorted set: the task ids that run under the lease
  slots     hash: lease id -> how many tasks its worker runs at most
ARGV
  lease
  before    ms since 1970: only a lease that expired before it is deleted
Returns
  1 if it was deleted, else 0
Publishes
  nothing
]]
local score = redis.pcall('ZSCORE', leases, lease)
if type(score) == 'string' and tonumber(score) < tonumber(before) and redis.call('EXISTS', held) == 0 then
  redis.pcall('HDEL', slots, lease)
  return redis.call('ZREM', leases, lease)
end
return 0
