--[[
Add lines to a task's log, and drop its oldest ones beyond the bound.

KEYS
  1 log       stream: a line each; its number is the id, b are the bytes of all lines up to it, j is
              the line
  2 task      string: the record's document; without it nothing is added
ARGV
  1 most      bytes of lines that are kept
  2 ttl       ms until the log expires by itself, if that is longer than the record has
  3 lost      lines that the process had no room for: their numbers are left out
  4 …         the lines
Returns
  0 if this user may not write streams, else 1
Publishes
  nothing
]]
local log, most = KEYS[1], tonumber(ARGV[1])
-- A log that may not be written is no reason to hold the records for away.
for _, verb in ipairs({'XREVRANGE', 'XRANGE'}) do
  if not redis.acl_check_cmd(verb, log, '-', '+') then
    return 0
  end
end
if not (redis.acl_check_cmd('XADD', log, '*', 'b', '1') and redis.acl_check_cmd('XTRIM', log, 'MINID', '1')) then
  return 0
end
local left = redis.call('PTTL', KEYS[2])
if left == -2 then
  return 1
end
local newest = tolerant('XREVRANGE', log, '+', '-', 'COUNT', 1)
if not newest then  -- another program's key
  return 1
end
local number, bytes = tonumber(ARGV[3]), 0
if newest[1] then
  number = number + tonumber(newest[1][1]:match('^%d+'))
  bytes = tonumber(newest[1][2][2])
end
for i = 4, #ARGV do
  number, bytes = number + 1, bytes + #ARGV[i]
  redis.call('XADD', log, number .. '-0', 'b', string.format('%.0f', bytes), 'j', ARGV[i])
end
local first = nil
for _, entry in ipairs(redis.call('XRANGE', log, '-', '+', 'COUNT', 1000)) do
  if bytes - tonumber(entry[2][2]) + #entry[2][4] <= most then
    break
  end
  first = entry[1]
end
if first then
  redis.call('XTRIM', log, 'MINID', (tonumber(first:match('^%d+')) + 1) .. '-0')
end
redis.call('PEXPIRE', log, math.max(left, tonumber(ARGV[2])))
return 1
