--[[
Take a lock, or keep it. What never ends by itself is no lock of ours, and one that would last twice
as long was taken before the server's clock was set back: it would hold everybody up until the clock
comes there again.

KEYS
  1 lock      string: the token of who holds it
ARGV
  1 token
  2 ttl       ms until it is free again
Returns
  1 if the lock is the token's from now on, else 0
Publishes
  nothing
]]
local holder, left = redis.pcall('GET', KEYS[1]), redis.call('PTTL', KEYS[1])
if left < 0 or holder == ARGV[1] or left > 2 * tonumber(ARGV[2]) then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 1
end
return 0
