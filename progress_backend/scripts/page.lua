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
local index, start, stop, prefix, most = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4]

local function tolerant(nothing, ...)
  local reply = redis.pcall(...)
  if type(reply) == 'table' and reply.err then
    assert(reply.err:find('^WRONGTYPE'), reply.err)
    return nothing
  end
  return reply
end

local counts = {}
for i = 2, #KEYS do
  counts[i - 1] = tolerant(0, 'ZCARD', KEYS[i])
end

local whole, least, from, to, instead = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7], ARGV[8], ARGV[9]

-- Of a long document only its head and tail are read; one that has the marks elsewhere is whole.
local function cut(key, head)
  local first, length = string.find(head, from, 1, true), redis.call('STRLEN', key)
  local tail = redis.call('GETRANGE', key, -whole, -1)
  local last, at = nil, string.find(tail, to, 1, true)
  while at do
    last, at = at, string.find(tail, to, at + 1, true)
  end
  if length <= tonumber(most) and first and last and length - #tail + last - first > least then
    return string.sub(head, 1, first - 1) .. instead .. string.sub(tail, last)
  end
  return redis.call('GETRANGE', key, 0, most)
end

local function document(key)
  local head = redis.pcall('GETRANGE', key, 0, whole or most)
  if head == '' then
    return redis.call('EXISTS', key) == 1 and '\0string without text'
  elseif type(head) == 'table' then
    assert(head.err:find('^WRONGTYPE'), head.err)
    return '\0' .. redis.call('TYPE', key).ok
  end
  return (not whole or #head <= whole) and head or cut(key, head)
end

local ids = tolerant({}, 'ZREVRANGE', index, start, stop)
local documents = {}
for i, id in ipairs(ids) do
  documents[i] = document(prefix .. id)
end
return {tolerant(0, 'ZCARD', index), counts, ids, documents}
