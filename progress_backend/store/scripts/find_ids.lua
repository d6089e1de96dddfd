--[[
Have tasks listed by their ids that an older version has made: of those that were created since the
last call's.

KEYS
  1 ids       sorted set: all task ids, each with score 0
  2 from      string: the creation time (µs) up to which tasks were found
  3 tasks     sorted set: all task ids by creation time (µs)
ARGV
  1 until     µs since 1970: younger tasks are found later
  2 limit     of one call
Returns
  how many were found
Publishes
  nothing
]]
local ids, from, tasks, limit = KEYS[1], KEYS[2], KEYS[3], tonumber(ARGV[2])

local kind = redis.call('TYPE', from).ok
if tolerant('ZCARD', tasks) == 0 then
  if kind == 'string' then  -- nothing is left behind
    redis.call('DEL', from)
  end
  return 0
end
local since = tonumber(tolerant('GET', from) or '') or 0
local found = tolerant(
  'ZRANGEBYSCORE', tasks, string.format('(%d', since), ARGV[1], 'WITHSCORES', 'LIMIT', 0, limit
) or {}
for i = 1, #found, 2 do
  tolerant('ZADD', ids, 0, found[i])
end
local upto = tonumber(ARGV[1])
if #found == 2 * limit then
  -- Others may be as old as the last of them.
  local last = tonumber(found[#found])
  upto = math.min(upto, math.max(last - 1, tonumber(found[2])))
end
-- Redis's clock may have been set back: then it goes on from there.
if upto ~= since and (kind == 'none' or kind == 'string') then
  redis.call('SET', from, string.format('%d', upto))
end
return #found / 2
