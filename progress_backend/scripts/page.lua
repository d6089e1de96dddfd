--[[
Read one page of a list: the total, the counts of every status, ids and documents.

KEYS
  1 index     sorted set: task ids by creation time, of the wanted combination of filters
  2 …         sorted sets: one a status, in the caller's order
ARGV
  1 start     first place, 0 is the newest
  2 stop      last place
  3 prefix    what stands before a task id in the name of its document's key
Returns
  {total, {count, …}, {id, …}, {document or false, …}}
Publishes
  nothing
]]
local index, start, stop, prefix = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]

local counts = {}
for i = 2, #KEYS do
  counts[i - 1] = redis.call('ZCARD', KEYS[i])
end
local ids = redis.call('ZREVRANGE', index, start, stop)
local documents = {}
for i, id in ipairs(ids) do
  documents[i] = redis.call('GET', prefix .. id)
end
return {redis.call('ZCARD', index), counts, ids, documents}
