--[[
Take a lock, keep it, or give it back. What never ends by itself is no lock of ours, and one that would last twice
as long was taken before the server's clock was set back: it would hold everybody up until the clock
comes there again.

KEYS
  lock      string: the token of who holds it
ARGV
  token
  ttl       ms until it is free again; 0 gives it back
Returns
  1 if the lock is the token's from now on, or until now, else 0
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
