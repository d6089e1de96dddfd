--[[
Delete what is stored of a workflow, unless a member is stored.

KEYS
  1 workflow  hash: the workflow's figures
  2 members   sorted set: its members by creation time (µs)
  3 workflows sorted set: workflow ids by creation time (ms)
  4 plans     sorted set: workflow ids with planned members by the time (ms) of the last commit
  5 outermost sorted set: ids of outermost workflows by creation time (µs)
ARGV
  1 workflow id
Returns
  1 if no member is stored, else 0
Publishes
  nothing
]]
if (tolerant('ZCARD', KEYS[2]) or 0) > 0 then
  return 0
end
if redis.call('TYPE', KEYS[1]).ok == 'hash' then
  redis.call('UNLINK', KEYS[1])
end
tolerant('ZREM', KEYS[3], ARGV[1])
tolerant('ZREM', KEYS[4], ARGV[1])
tolerant('ZREM', KEYS[5], ARGV[1])
return 1
