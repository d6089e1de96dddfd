--[[
Take a lock, or keep it. One that would last twice as long was taken before the server's clock was
set back: it would hold everybody up until the clock comes there again.

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
local holder = redis.call('GET', KEYS[1])
local free = not holder or holder == ARGV[1] or redis.call('PTTL', KEYS[1]) > 2 * tonumber(ARGV[2])
if free then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 1
end
return 0
