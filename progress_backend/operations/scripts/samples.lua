--[[
Keep the samples of a run, and those of the attempts before it as far as there is room.

KEYS
  samples   hash: attempt -> its points
  task      string: the record's document; without it nothing is kept
ARGV
  attempt   number of the run
  points    as they are read; kept in any case
  ttl       ms until they expire by themselves, if that is longer than the record has
  attempts  that are kept, at most
  most      bytes of points that are kept of them
Returns
  1
Publishes
  nothing
]]
attempt = tonumber(attempt)
local left = redis.call('PTTL', task)
if left == -2 or not tolerant('HSET', samples, attempt, points) then
  return 1
end
local size = #points
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
  if size > tonumber(most) or number <= attempt - attempts then
    redis.call('HDEL', samples, number)
  end
end
redis.call('PEXPIRE', samples, math.max(left, tonumber(ttl)))
return 1
