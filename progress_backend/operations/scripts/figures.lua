--[[
Read a workflow's figures.

A key of another type counts as an empty one.

KEYS
  1 workflow   hash: the figures that are no counts of members
  2 publishers sorted set: the tokens of publishes in progress, by the time (ms) until which each
               counts
  3 …          sorted sets of members: one a status, in the caller's order, then the planned ones
ARGV
  1 now        ms since 1970
  2 past       what stands before a workflow's name in the key of its last successful runs; "" for none
Returns
  {{name, value, …} of the hash, publishers, {count, …}, the last successful runs of its name}
Publishes
  nothing
]]
local counts = {}
for i = 3, #KEYS do
  counts[i - 2] = tolerant('ZCARD', KEYS[i]) or 0
end
local held = tolerant('ZCOUNT', KEYS[2], '(' .. ARGV[1], '+inf') or 0
local name = ARGV[2] ~= '' and tolerant('HGET', KEYS[1], 'name')
local past = name and tolerant('GETRANGE', ARGV[2] .. name, 0, 4095) or ''
return {tolerant('HGETALL', KEYS[1]) or {}, held, counts, past}
