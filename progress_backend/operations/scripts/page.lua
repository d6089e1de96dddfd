--[[
Read documents: of one page of a list, with its total, ids, and the counts of every status; or of
tasks that the caller names.

A key that is no sorted set counts as an empty one.

KEYS
  …         `sets` sorted sets: task ids by creation time, of the wanted combination of filters; then
            one for each status, in the caller's order. Then documents (strings)
ARGV
  sets      number of sorted sets, 0 reads no page
  start     first place, 0 is the newest
  stop      last place
  prefix    start of a document's key, before the task id
  most      bytes that a document may have; of a longer value one more is returned
  whole     bytes up to which a document is returned as it is; "": each is
  least     bytes that a cut of a longer one saves at least
  from      the cut starts where this text is first
  to        and ends where this text is last
  instead   the text in place of the cut
Returns
  {total, {count, …}, {id, …}, {document or false, …}}; for a value that is no document "\0" and
  its type
Publishes
  nothing
]]
sets, start, stop = tonumber(sets), tonumber(start), tonumber(stop)
most, whole, least = tonumber(most), tonumber(whole), tonumber(least)

-- Only head and tail of a long document are read; it is whole if `from` or `to` are elsewhere.
local function cut(key, head)
  local first, length = string.find(head, from, 1, true), redis.call('STRLEN', key)
  local tail = redis.call('GETRANGE', key, -whole, -1)
  local last, at = nil, string.find(tail, to, 1, true)
  while at do
    last, at = at, string.find(tail, to, at + 1, true)
  end
  if length <= most and first and last and length - #tail + last - first > least then
    return string.sub(head, 1, first - 1) .. instead .. string.sub(tail, last)
  end
  return redis.call('GETRANGE', key, 0, most)
end

local function read(key)
  local head = document(key, whole or most)
  return head and whole and #head > whole and cut(key, head) or head
end

local counts, found, ids = {}, {}, {}
local total = sets > 0 and tolerant('ZCARD', KEYS[1]) or 0
for i = 2, sets do
  counts[i - 1] = tolerant('ZCARD', KEYS[i]) or 0
end
stop = math.min(stop, total - 1)
if start <= stop then
  ids = tolerant('ZREVRANGE', KEYS[1], start, stop) or {}
end
for i, id in ipairs(ids) do
  found[i] = read(prefix .. id)
end
for i = sets + 1, #KEYS do
  found[i - sets] = read(KEYS[i])
end
return {total, counts, ids, found}
