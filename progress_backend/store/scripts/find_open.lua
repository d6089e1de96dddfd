--[[
Have open tasks looked at, for remarks: those that were created since the last call's.

KEYS
  1 checks    sorted set: task id by the time (ms) at which it is looked at next
  2 from      string: the creation time (µs) up to which tasks were found
  3 …         sorted sets: open tasks by creation time (µs), one a status
ARGV
  1 until     µs since 1970: younger tasks are found later
  2 limit     of each set
  3 at        ms since 1970 at which those that are found are looked at
Returns
  how many were found
Publishes
  nothing
]]
local checks, from, limit, at = KEYS[1], KEYS[2], tonumber(ARGV[2]), ARGV[3]

local found, upto = 0, tonumber(ARGV[1])
local since = tonumber(tolerant('GET', from) or '') or 0
for i = 3, #KEYS do
  local open = tolerant(
    'ZRANGEBYSCORE', KEYS[i], string.format('(%d', since), ARGV[1], 'WITHSCORES', 'LIMIT', 0, limit
  ) or {}
  for k = 1, #open, 2 do
    tolerant('ZADD', checks, 'NX', at, open[k])
  end
  found = found + #open / 2
  if #open == 2 * limit then
    -- Others may be as old as the last of them.
    local last = tonumber(open[#open])
    upto = math.min(upto, math.max(last - 1, tonumber(open[2])))
  end
end
-- Redis's clock may have been set back: then it goes on from there.
local kind = redis.call('TYPE', from).ok
if upto ~= since and (kind == 'none' or kind == 'string') then
  redis.call('SET', from, string.format('%d', upto))
end
return found
