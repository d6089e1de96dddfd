--[[
Read one page of a list: the total, the counts of every status, ids and documents.

A key that is no sorted set counts as an empty one.

KEYS
  index     sorted set: task ids by creation time, of the wanted combination of filters
  …         sorted sets: one a status, in the caller's order
ARGV
  start     first place, 0 is the newest
  stop      last place
  prefix    what stands before a task id in the name of its document's key
  most      bytes that a document may have; of a longer value one more is returned
  whole     bytes up to which a document is returned as it is; "": each is
  least     bytes that are worth being cut out of a longer one:
  first     what is cut begins where this stands first
  last      and ends where this stands last
  instead   what takes its place
Returns
  {total, {count, …}, {id, …}, {document or false, …}}; for a value that is no document "\0" and
  what it is instead
Publishes
  nothing
]]
local counts = {}
for i = keys + 1, #KEYS do
  counts[i - keys] = tolerant('ZCARD', KEYS[i]) or 0
end

local total = tolerant('ZCARD', index) or 0
start, stop = tonumber(start), math.min(tonumber(stop), total - 1)

local document = documents(most, whole, least, first, last, instead)
local ids = start <= stop and tolerant('ZREVRANGE', index, start, stop) or {}
local found = {}
for i, id in ipairs(ids) do
  found[i] = document(prefix .. id)
end
return {total, counts, ids, found}
