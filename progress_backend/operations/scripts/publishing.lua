--[[
Note that a publish which may add members to a workflow goes on, or that it has ended.

KEYS
  1 publishers sorted set: the tokens of publishes in progress, by the time (ms) until which each
               counts
ARGV
  1 token
  2 now        ms since 1970
  3 ttl        ms for which the token counts from now on; 0 takes it away
Returns
  1
Publishes
  nothing
]]
local tokens, token, now, ttl = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
if ttl == 0 then
  redis.call('ZREM', tokens, token)
else
  redis.call('ZADD', tokens, now + ttl, token)
  redis.call('PEXPIRE', tokens, ttl)
end
return 1
