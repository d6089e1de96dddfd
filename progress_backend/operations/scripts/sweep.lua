--[[
Delete records together with their index entries: those that are due, and those without a document. A
task with other facets than the caller has read is left alone.

KEYS
  facets    hash: task id -> its facets, which name its indexes
  expiry    sorted set: task id by the time (ms) from which it may be deleted
  …         every index that one of the tasks is in
ARGV
  before    ms since 1970: records that are due before it are deleted
  prefix    start of a document's key, before the task id
  logs      start of a log's key
  lines     of a timeline's
  stacks    of a task's stacks'
  messages  and of its message's, if that is kept
  count     number of the tasks
  …         the task ids, those with equal facets together; then for each such group: the
            facets as read ("" for none), the number of them, the number n of their indexes, n
            places in KEYS; then for each workflow of a group: the group's number, its tasks'
            share, the workflow's id, and the places in KEYS of its hash, its members, and the three
            sets of workflows
Returns
  how many tasks were deleted
Publishes
  nothing
]]
before, count = tonumber(before), tonumber(count)
local besides, ids = {logs, lines, stacks, messages}, {unpack(ARGV, args + 1, args + count)}

local stand = tolerant('HMGET', facets, unpack(ids)) or {}
local due = tolerant('ZMSCORE', expiry, unpack(ids))

local gone, documents, others = {}, {}, {}
local leave = {}  -- ids by the index: each is touched once
local went = {}  -- how many of each group
local at, task = args + 1 + count, 1
while task <= count do
  local stood, after, places = ARGV[at], task + tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local first = #gone + 1
  for i = task, after - 1 do
    local document = prefix .. ids[i]
    local over = due and (not due[i] or tonumber(due[i]) < before)
    local goes = over or redis.call('EXISTS', document) == 0
    if goes and (stand[i] or '') == stood then
      gone[#gone + 1], documents[#documents + 1] = ids[i], document
      for _, name in ipairs(besides) do
        others[#others + 1] = name .. ids[i]
      end
    end
  end
  for i = at + 3, at + 2 + places do
    local index = KEYS[tonumber(ARGV[i])]
    local leaving = leave[index] or {}
    leave[index] = leaving
    for k = first, #gone do
      leaving[#leaving + 1] = gone[k]
    end
  end
  went[#went + 1] = #gone - first + 1
  at, task = at + 3 + places, after
end

if #gone > 0 then
  for index, leaving in pairs(leave) do
    if #leaving > 0 then
      tolerant('ZREM', index, unpack(leaving))
    end
  end
  redis.call('UNLINK', unpack(documents))
  redis.call('UNLINK', unpack(others))
  tolerant('HDEL', facets, unpack(gone))
  tolerant('ZREM', expiry, unpack(gone))
end
for i = at, #ARGV, 8 do
  local many, share, id = went[tonumber(ARGV[i])], tonumber(ARGV[i + 1]), ARGV[i + 2]
  local workflow, members = KEYS[tonumber(ARGV[i + 3])], KEYS[tonumber(ARGV[i + 4])]
  if tolerant('ZCARD', members) == 0 then
    redis.call('UNLINK', workflow)
    for k = i + 5, i + 7 do
      tolerant('ZREM', KEYS[tonumber(ARGV[k])], id)
    end
  elseif many * share > 0 then
    tolerant('HINCRBY', workflow, 'share', -many * share)
  end
end
return #gone
