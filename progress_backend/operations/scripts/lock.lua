--[[
Take a lock, extend it, or give it back. A key without a TTL is no lock of ours, and a lock that would
last more than twice as long was taken before the server's clock was set back, and would stay until the
clock is there again: both are taken over.

KEYS
  lock      string: the holder's token
ARGV
  token
  ttl       ms until it is free again; 0 gives it back
Returns
  1 if the token has the lock, or (ttl 0) had it, else 0
Publishes
  nothing
]]
local holder, left = redis.pcall('GET', lock), redis.call('PTTL', lock)
if ttl == '0' then
  return holder == token and redis.call('DEL', lock) or 0
end
if left < 0 or holder == token or left > 2 * tonumber(ttl) then
  redis.call('SET', lock, token, 'PX', ttl)
  return 1
end
return 0
