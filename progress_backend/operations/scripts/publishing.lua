--[[
Note that a publish which may add members to a workflow goes on, or that it has ended.

KEYS
  tokens     sorted set: the tokens of publishes in progress, by the time (ms) until which each
             counts
ARGV
  token
  now        ms since 1970
  ttl        ms for which the token counts from now on; 0 takes it away
Returns
  1
Publishes
  nothing
]]
ttl = tonumber(ttl)
if ttl == 0 then
  redis.call('ZREM', tokens, token)
else
  redis.call('ZADD', tokens, now + ttl, token)
  redis.call('PEXPIRE', tokens, ttl)
end
return 1
