--[[
Record that a workflow was looked at, unless a member has ended since it was taken.

KEYS
  1 workflows sorted set: workflow ids by the time (ms) from which each is looked at
ARGV
  1 workflow id
  2 until     the time (ms) until which the caller has it
  3 again     the time (ms) from which it is looked at again, "" for not
Returns
  1
Publishes
  nothing
]]
local score = tolerant('ZSCORE', KEYS[1], ARGV[1])
if score and tonumber(score) == tonumber(ARGV[2]) then
  if ARGV[3] == '' then
    tolerant('ZREM', KEYS[1], ARGV[1])
  else
    tolerant('ZADD', KEYS[1], ARGV[3], ARGV[1])
  end
end
return 1
