--[[
Leave the markings of a worker's tasks for those who publish without having imported them.

KEYS
  1 markings  hash: task name -> its marking
ARGV
  1 ttl       ms until the hash expires by itself
  2 most      number of names above which all are dropped first: those of other workers come again
  3 …         a name and its marking, as many as there are
Returns
  number of names in the hash
Publishes
  nothing
]]
local key = KEYS[1]
if redis.call('TYPE', key).ok ~= 'hash' or redis.call('HLEN', key) > tonumber(ARGV[2]) then
  redis.call('DEL', key)
end
for i = 3, #ARGV, 2 do
  redis.call('HSET', key, ARGV[i], ARGV[i + 1])
end
redis.call('PEXPIRE', key, ARGV[1])
return redis.call('HLEN', key)
