--[[
Read the newest tasks that are no workflow's member, the newest outermost workflows, and how many
there are. Members that follow one another are skipped by their ranks, however many they are.

A key that is no sorted set counts as an empty one.

KEYS
  tasks     sorted set: all task ids by creation time (µs)
  members   sorted set: ids of all workflows' members by creation time (µs)
  outermost sorted set: ids of outermost workflows by creation time (µs)
  …         sorted sets: one for each status, in the caller's order
ARGV
  limit     number of tasks
  most      number of workflows
  start     position in the list of both at which they start
Returns
  {{number of tasks, of members, of workflows, of tasks with each status …},
   {task id, creation time, …}, {workflow id, creation time, …}, how many of these come before `start`}
Publishes
  nothing
]]
limit, start = tonumber(limit), tonumber(start)
local until_us, skip = 'inf', 0
local sizes = {}
for i = 1, #KEYS do
  sizes[i] = tolerant('ZCARD', KEYS[i]) or 0
end
local count = sizes[1]

if start > 0 then
  -- The earliest time after which there are no more than `start` entries.
  local low, high, before = 0, 2 ^ 52, 0
  while low < high do
    local middle, above = math.floor((low + high) / 2), {}
    for i = 1, 3 do
      above[i] = tolerant('ZCOUNT', KEYS[i], string.format('(%.0f', middle), '+inf') or 0
    end
    local newer = math.max(above[1] - above[2], 0) + above[3]
    if newer > start then
      low = middle + 1
    else
      high, before = middle, newer
    end
  end
  until_us, skip = string.format('%.0f', high), start - before
  limit = skip + limit
  most = limit
end

-- The first position after a member's without a member, or the end. Both sets have the same order: if
-- two members are further apart among all tasks than among members, other tasks are between them.
local function next_single(place, id)
  local apart = place - redis.call('ZREVRANK', members, id)
  local function is_after_members(at)
    local rank = redis.call('ZREVRANK', members, redis.call('ZREVRANGE', tasks, at, at)[1])
    return rank and at - rank == apart
  end

  local low, high, step = place, place + 1, 8
  while high < count and is_after_members(high) do
    low, high, step = high, high + step, 8 * step
  end
  high = math.min(high, count)
  while low + 1 < high do
    local middle = math.floor((low + high) / 2)
    if is_after_members(middle) then
      low = middle
    else
      high = middle
    end
  end
  return high
end

local found, place = {}, tolerant('ZCOUNT', tasks, '(' .. until_us, '+inf') or 0
local size = math.max(limit, 16)
for _ = 1, 2 * limit + 8 do  -- each round finds a task or skips a run of members
  if #found >= 2 * limit or place >= count then
    break
  end
  local read, ids = tolerant('ZREVRANGE', tasks, place, place + size - 1, 'WITHSCORES'), {}
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
    place, size = next_single(place - 1, ids[#ids]), 8
  elseif #found == before + 2 * #ids then
    size = math.max(math.min(4 * size, limit), 8)
  end
end
local workflows = tolerant('ZREVRANGEBYSCORE', outermost, until_us, '-inf', 'WITHSCORES', 'LIMIT', 0, most)
return {sizes, found, workflows or {}, skip}
