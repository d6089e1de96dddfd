--[[
Read one page of the ids that begin with a text, in the order of the ids.

A key that is no sorted set counts as an empty one. By rank, not by LIMIT, which would walk to a page
through all before it.

KEYS
  1 ids       sorted set: all task ids, each with score 0
ARGV
  1 first     where the range begins, as ZLEXCOUNT takes it
  2 last      where it ends
  3 before    where all that stand before it end
  4 start     first place in the range
  5 limit     number of ids
Returns
  {how many begin so, {id, …}}
Publishes
  nothing
]]
local ids, start, limit = KEYS[1], tonumber(ARGV[4]), tonumber(ARGV[5])

local total = tolerant('ZLEXCOUNT', ids, ARGV[1], ARGV[2]) or 0
local stop = math.min(start + limit, total) - 1
if stop < start then
  return {total, {}}
end
local before = tolerant('ZLEXCOUNT', ids, '-', ARGV[3]) or 0
return {total, tolerant('ZRANGE', ids, before + start, before + stop) or {}}
