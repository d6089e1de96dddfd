--[[
Delete a caller's request about a workflow, if it is the one that the caller means.

KEYS
  workflow hash: the workflow's figures, with the request
ARGV
  act      id of the request
Returns
  1
Publishes
  nothing
]]
if tolerant('HGET', workflow, 'act') == act then
  redis.call('HDEL', workflow, 'act', 'control', 'asked', 'last')
end
return 1
