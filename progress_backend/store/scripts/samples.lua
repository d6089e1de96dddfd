--[[
Keep the samples of a run, and those of the seven attempts before it.

KEYS
  1 samples   hash: attempt -> its points
  2 task      string: the record's document; without it nothing is kept
ARGV
  1 attempt   number of the run
  2 points    as they are read
  3 ttl       ms until they expire by themselves, if that is longer than the record has
Returns
  1
Publishes
  nothing
]]
local samples, attempt = KEYS[1], tonumber(ARGV[1])
local left = redis.call('PTTL', KEYS[2])
if left ~= -2 and tolerant('HSET', samples, attempt, ARGV[2]) then
  tolerant('HDEL', samples, attempt - 8)
  redis.call('PEXPIRE', samples, math.max(left, tonumber(ARGV[3])))
end
return 1
