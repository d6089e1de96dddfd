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
  3 …         for each task: its id, its facets as read ("" for none), the number n of its
              indexes, and n places in KEYS
Returns
  how many tasks were deleted
Publishes
  nothing
]]
local facets, expiry = KEYS[1], KEYS[2]
local before, prefix = tonumber(ARGV[1]), ARGV[2]

local deleted, at = 0, 3
while at <= #ARGV do
  local id, stood, places = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  local due = redis.call('ZSCORE', expiry, id)
  local goes = not due or tonumber(due) < before or redis.call('EXISTS', prefix .. id) == 0
  if goes and (redis.call('HGET', facets, id) or '') == stood then
    for i = at + 3, at + 2 + places do
      redis.call('ZREM', KEYS[tonumber(ARGV[i])], id)
    end
    redis.call('UNLINK', prefix .. id)
    redis.call('HDEL', facets, id)
    redis.call('ZREM', expiry, id)
    deleted = deleted + 1
  end
  at = at + 3 + places
end
return deleted
