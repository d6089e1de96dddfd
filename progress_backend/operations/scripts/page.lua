--[[
Read one page of a list: the total, the counts of every status, ids and documents.

A key that is no sorted set counts as an empty one.

KEYS
  1 index     sorted set: task ids by creation time, of the wanted combination of filters
  2 …         sorted sets: one a status, in the caller's order
ARGV
  1 start     first place, 0 is the newest
  2 stop      last place
  3 prefix    what stands before a task id in the name of its document's key
  4 most      bytes that a document may have; of a longer value one more is returned
  5 whole     bytes up to which a document is returned as it is; "": each is
  6 least     bytes that are worth being cut out of a longer one:
  7 from      what is cut begins where this stands first
  8 to        and ends where this stands last
  9 instead   what takes its place
Returns
  {total, {count, …}, {id, …}, {document or false, …}}; for a value that is no document "\0" and
  what it is instead
Publishes
  nothing
]]
local index, start, stop, prefix = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]

local counts = {}
for i = 2, #KEYS do
  counts[i - 1] = tolerant('ZCARD', KEYS[i]) or 0
end

local total = tolerant('ZCARD', index) or 0
stop = math.min(stop, total - 1)

local document = documents(ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9])
local ids = start <= stop and tolerant('ZREVRANGE', index, start, stop) or {}
local found = {}
for i, id in ipairs(ids) do
  found[i] = document(prefix .. id)
end
return {total, counts, ids, found}
