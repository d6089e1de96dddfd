--[[
Count records, and name the keys that are of another type than they should be.

KEYS
  index     sorted set: all task ids by creation time (µs)
  running   sorted set: those that run
  facets    hash: task id -> where the task stands
  …         more sorted sets
ARGV
  since     µs since 1970
Returns
  {records, running ones, records created since then, {name of a key, what it is instead, …}}
Publishes
  nothing
]]
local wrong, is = {}, {}
for i = 1, #KEYS do
  local expected = KEYS[i] == facets and 'hash' or 'zset'
  local found = redis.call('TYPE', KEYS[i]).ok
  is[KEYS[i]] = found == expected
  if found ~= expected and found ~= 'none' then
    wrong[#wrong + 1], wrong[#wrong + 2] = KEYS[i], found
  end
end
return {
  is[index] and redis.call('ZCARD', index) or 0,
  is[running] and redis.call('ZCARD', running) or 0,
  is[index] and redis.call('ZCOUNT', index, since, '+inf') or 0,
  wrong,
}
