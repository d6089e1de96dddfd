--[[
Read one page of a list: the total, the counts of every status, ids and documents.

KEYS
  1 index     sorted set: task ids by creation time, of the wanted combination of filters
  2 …         sorted sets: one a status, in the caller's order
ARGV
  1 start     first place, 0 is the newest
  2 stop      last place
  3 prefix    what stands before a task id in the name of its document's key
  4 whole     bytes up to which a document is returned as it is; absent: each is
  5 least     bytes that are worth being cut out of a longer one:
  6 from      what is cut begins where this stands first
  7 to        and ends where this stands last
  8 instead   what takes its place
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

local whole, least, from, to, instead = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6], ARGV[7], ARGV[8]

-- Of a long document only its head and tail are read; one that has the marks elsewhere is whole.
local function cut(key, head)
  local first = string.find(head, from, 1, true)
  local tail = redis.call('GETRANGE', key, -whole, -1)
  local last, at = nil, string.find(tail, to, 1, true)
  while at do
    last, at = at, string.find(tail, to, at + 1, true)
  end
  if first and last and redis.call('STRLEN', key) - #tail + last - first > least then
    return string.sub(head, 1, first - 1) .. instead .. string.sub(tail, last)
  end
  return redis.call('GET', key)
end

local function document(key)
  if not whole then
    return redis.call('GET', key)
  end
  local head = redis.call('GETRANGE', key, 0, whole)
  if head == '' then
    return redis.call('GET', key)
  end
  return #head <= whole and head or cut(key, head)
end

local ids = redis.call('ZREVRANGE', index, start, stop)
local documents = {}
for i, id in ipairs(ids) do
  documents[i] = document(prefix .. id)
end
return {redis.call('ZCARD', index), counts, ids, documents}
