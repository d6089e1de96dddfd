--[[
Store the markings of a worker's tasks for processes that publish the tasks by name.

KEYS
  markings  hash: task name -> its marking
ARGV
  ttl       ms until the hash expires by itself
  most      number of names above which all are deleted first: other workers store theirs again
  …         a name and its marking, as many as there are
Returns
  number of names in the hash
Publishes
  nothing
]]
if redis.call('TYPE', markings).ok ~= 'hash' or redis.call('HLEN', markings) > tonumber(most) then
  redis.call('DEL', markings)
end
for i = args + 1, #ARGV, 2 do
  redis.call('HSET', markings, ARGV[i], ARGV[i + 1])
end
redis.call('PEXPIRE', markings, ttl)
return redis.call('HLEN', markings)
