--[[
Delete records together with their index entries: those that are due, and those whose document
is gone already. Whatever was changed since the caller looked is left alone.

KEYS
  1 facets    hash: task id -> where the task stands
  2 expiry    sorted set: task id by the time (ms) from which it may be deleted
  3 …         every index that one of the tasks stands in
ARGV
  1 before    ms since 1970: what is due before it goes
  2 prefix    what stands before a task id in the name of its document's key
  3 …         for each group of tasks that stand alike: their facets as read ("" for none), the
              number n of their indexes, n places in KEYS, the number m of the tasks, m task ids
Returns
  how many tasks were deleted
Publishes
  nothing
]]
local facets, expiry = KEYS[1], KEYS[2]
local before, prefix = tonumber(ARGV[1]), ARGV[2]

local gone, documents = {}, {}
local at = 3
while at <= #ARGV do
  local stood, indexes = ARGV[at], at + 1 + tonumber(ARGV[at + 1])
  local ids = {unpack(ARGV, indexes + 2, indexes + 1 + tonumber(ARGV[indexes + 1]))}
  local stand = redis.call('HMGET', facets, unpack(ids))
  local due = redis.call('ZMSCORE', expiry, unpack(ids))
  local leave = {}
  for i, id in ipairs(ids) do
    local document = prefix .. id
    local goes = not due[i] or tonumber(due[i]) < before or redis.call('EXISTS', document) == 0
    if goes and (stand[i] or '') == stood then
      leave[#leave + 1] = id
      gone[#gone + 1], documents[#documents + 1] = id, document
    end
  end
  if #leave > 0 then
    for i = at + 2, indexes do
      redis.call('ZREM', KEYS[tonumber(ARGV[i])], unpack(leave))
    end
  end
  at = indexes + 2 + #ids
end

if #gone > 0 then
  redis.call('UNLINK', unpack(documents))
  redis.call('HDEL', facets, unpack(gone))
  redis.call('ZREM', expiry, unpack(gone))
end
return #gone
