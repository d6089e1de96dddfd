--[[
Delete a workflow's hash and index entries, unless a member is stored.

KEYS
  workflow  hash: the workflow's figures
  members   sorted set: its members by creation time (µs)
  workflows sorted set: workflow ids by creation time (ms)
  plans     sorted set: workflow ids with planned members by the time (ms) of the last commit
  outermost sorted set: ids of outermost workflows by creation time (µs)
ARGV
  id        of the workflow
Returns
  1 if no member is stored, else 0
Publishes
  nothing
]]
if (tolerant('ZCARD', members) or 0) > 0 then
  return 0
end
if redis.call('TYPE', workflow).ok == 'hash' then
  redis.call('UNLINK', workflow)
end
tolerant('ZREM', workflows, id)
tolerant('ZREM', plans, id)
tolerant('ZREM', outermost, id)
return 1
