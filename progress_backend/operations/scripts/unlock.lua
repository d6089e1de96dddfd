--[[
Give a lock back, if it is still the caller's.

KEYS
  1 lock      string: the token of who holds it
ARGV
  1 token
Returns
  1 if it was given back, else 0
Publishes
  nothing
]]
if redis.pcall('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
