--[[
Add entries to a task's timeline. An entry's id has what those before it take, by which the oldest ones
go, and how many they are, by which a reader knows how many are gone. They are kept for 30 days, unless
cleanup deletes them with the record before: the record may live on by commits that have none.

KEYS
  timeline  stream
ARGV
  most      bytes that the entries which are kept may take
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
