--[[
Read the newest tasks that are no workflow's member. Members that follow one another are jumped over
by counting, however many they are.

A key that is no sorted set counts as an empty one.

KEYS
  1 tasks     sorted set: all task ids by creation time (µs)
  2 members   sorted set: ids of all workflows' members by creation time (µs)
ARGV
  1 until     µs since 1970 up to which a task was created
  2 limit     number of tasks
Returns
  {id, creation time, …}
Publishes
  nothing
]]
local tasks, members, limit = KEYS[1], KEYS[2], tonumber(ARGV[2])
local count = tolerant('ZCARD', tasks) or 0

-- Whether all tasks are members from those of a creation time on up to a place.
local function members_until(place, since)
  local time = tolerant('ZREVRANGE', tasks, place, place, 'WITHSCORES')[2]
  return tolerant('ZCOUNT', tasks, time, since) == tolerant('ZCOUNT', members, time, since)
end

-- The first place from one on where no member stands, or the end.
local function next_single(place, since)
  local low, high, step = place - 1, place, 1
  while high < count and members_until(high, since) do
    low, high, step = high, high + step, 2 * step
  end
  high = math.min(high, count)
  while low + 1 < high do
    local middle = math.floor((low + high) / 2)
    if members_until(middle, since) then
      low = middle
    else
      high = middle
    end
  end
  return high
end

local found, place = {}, tolerant('ZCOUNT', tasks, '(' .. ARGV[1], '+inf') or 0
for _ = 1, 2 * limit + 8 do  -- each time there is one more, or a run of members less
  local left = limit - #found / 2
  if left <= 0 or place >= count then
    break
  end
  local read, ids = tolerant('ZREVRANGE', tasks, place, place + math.max(left, 16) - 1, 'WITHSCORES'), {}
  for i = 1, #read, 2 do
    ids[#ids + 1] = read[i]
  end
  local in_workflows, before = tolerant('ZMSCORE', members, unpack(ids)) or {}, #found
  for i, id in ipairs(ids) do
    if not in_workflows[i] and #found < 2 * limit then
      found[#found + 1], found[#found + 2] = id, read[2 * i]
    end
  end
  place = place + #ids
  if #found == before then
    place = next_single(place, read[#read])
  end
end
return found
