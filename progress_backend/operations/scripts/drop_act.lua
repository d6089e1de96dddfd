--[[
Delete a caller's request about a workflow, if it is the one that the caller means.

KEYS
  1 workflow hash: the workflow's figures, with the request
ARGV
  1 act      id of the request
Returns
  1
Publishes
  nothing
]]
if tolerant('HGET', KEYS[1], 'act') == ARGV[1] then
  redis.call('HDEL', KEYS[1], 'act', 'control', 'asked', 'last')
end
return 1
