--[[
Give a lock back, if it is still the caller's.

KEYS
  lock      string: the token of who holds it
ARGV
  token
Returns
  1 if it was given back, else 0
Publishes
  nothing
]]
if redis.pcall('GET', lock) == token then
  return redis.call('DEL', lock)
end
return 0
