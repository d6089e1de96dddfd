--[[
Keep the samples of a run, and those of the attempts before it as far as there is room.

KEYS
  1 samples   hash: attempt -> its points
  2 task      string: the record's document; without it nothing is kept
ARGV
  1 attempt   number of the run
  2 points    as they are read; kept in any case
  3 ttl       ms until they expire by themselves, if that is longer than the record has
  4 attempts  that are kept, at most
  5 most      bytes of points that are kept of them
Returns
  1
Publishes
  nothing
]]
local samples, attempt, points = KEYS[1], tonumber(ARGV[1]), ARGV[2]
local left = redis.call('PTTL', KEYS[2])
if left == -2 or not tolerant('HSET', samples, attempt, points) then
  return 1
end
local attempts, most, size = tonumber(ARGV[4]), tonumber(ARGV[5]), #points
local kept, sizes = {}, {}
local stored = redis.call('HGETALL', samples)
for i = 1, #stored, 2 do
  local number = tonumber(stored[i]) or 0
  if number ~= attempt then
    kept[#kept + 1], sizes[number] = number, #stored[i + 1]
  end
end
table.sort(kept, function(a, b) return a > b end)
for _, number in ipairs(kept) do
  size = size + sizes[number]
  if size > most or number <= attempt - attempts then
    redis.call('HDEL', samples, number)
  end
end
redis.call('PEXPIRE', samples, math.max(left, tonumber(ARGV[3])))
return 1
