--[[
Forget the histograms of some task types.

KEYS
  1 times     hash: histograms of how long tasks waited and ran
ARGV
  1 buckets   number of a histogram's buckets
  2 kinds     number of kinds of histograms
  3 …         the kinds, then the types
Returns
  how many histograms were forgotten
Publishes
  nothing
]]
local times, buckets, kinds, forgotten = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), 0
for i = 3 + kinds, #ARGV do
  for k = 3, 2 + kinds do
    local names = {}
    for bucket = 0, buckets - 1 do
      names[bucket + 1] = ARGV[k] .. '|' .. bucket .. '|' .. ARGV[i]
    end
    tolerant('HDEL', times, unpack(names))
    if tolerant('HDEL', times, ARGV[k] .. '|sum|' .. ARGV[i]) == 1 then
      if tolerant('HINCRBY', times, ARGV[k] .. '|types', -1) == 0 then
        tolerant('HDEL', times, ARGV[k] .. '|types')
      end
      forgotten = forgotten + 1
    end
  end
end
return forgotten
