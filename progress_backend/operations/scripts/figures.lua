--[[
Read a workflow's figures.

A key of another type counts as an empty one.

KEYS
  workflow   hash: the figures that are no counts of members
  publishers sorted set: the tokens of publishes in progress, by the time (ms) until which each
             counts
  …          sorted sets of members: one for each status, in the caller's order, then the planned ones,
             and the failed ones that never ran
ARGV
  now        ms since 1970
  past       start of the key of a name's last successful workflows, before the name (which stands there without
             a count "×8"); "" for none
Returns
  {{name, value, …} of the hash, publishers, {count, …}, the last successful workflows of its name}
Publishes
  nothing
]]
local counts = {}
for i = keys + 1, #KEYS do
  counts[i - keys] = tolerant('ZCARD', KEYS[i]) or 0
end
local held = tolerant('ZCOUNT', publishers, '(' .. now, '+inf') or 0
local name = past ~= '' and tolerant('HGET', workflow, 'name')
local runs = name and tolerant('GETRANGE', past .. name:gsub(' ×%d+', ''), 0, 4095) or ''
return {tolerant('HGETALL', workflow) or {}, held, counts, runs}
