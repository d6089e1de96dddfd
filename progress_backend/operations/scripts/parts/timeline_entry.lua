--[[
Add entries to a task's timeline. An entry's id has the bytes of those before it, by which the oldest
ones are trimmed, and their number, by which a reader knows how many were. They are kept for 30 days,
also while commits without entries keep the record, unless cleanup deletes them with it.

KEYS
  timeline  stream
ARGV
  most      bytes that the kept entries may take
  around    and that each takes besides its text
  …         the entries
NEEDS
  'XADD', timeline, 'MINID', '1', '1-1', 'e', ''
  'PEXPIRE', timeline, 1
  'XREVRANGE', timeline, '+', '-', 'COUNT', 1
]]
local newest, takes, number = redis.pcall('XREVRANGE', timeline, '+', '-', 'COUNT', 1)[1], 1, 0
if newest then
  takes, number = newest[1]:match('^(%d+)-(%d+)$')
  takes, number = takes + #newest[2][2] + around, number + 1
end
for i = args + 1, last do
  local all = takes + #ARGV[i] + around
  redis.pcall('XADD', timeline, 'MINID', math.max(all - most, 0), takes .. '-' .. number, 'e', ARGV[i])
  takes, number = all, number + 1
end
redis.pcall('PEXPIRE', timeline, math.max(tonumber(ttl), 2592000000))
