--[[
Drop a lease that has run out and holds no task any more.

KEYS
  1 leases    sorted set: lease ids by the time (ms) at which each runs out
  2 held      sorted set: the task ids that run under the lease
ARGV
  1 lease id
  2 before    ms since 1970: only a lease that ran out before it is dropped
Returns
  1 if it was dropped, else 0
Publishes
  nothing
]]
local score = redis.pcall('ZSCORE', KEYS[1], ARGV[1])
if type(score) == 'string' and tonumber(score) < tonumber(ARGV[2]) and redis.call('EXISTS', KEYS[2]) == 0 then
  return redis.call('ZREM', KEYS[1], ARGV[1])
end
return 0
