--[[
Add lines to a task's log, and drop its oldest ones beyond the bound.

KEYS
  log       stream: an entry for each line; the id is its number, b the bytes of all lines up to it, j
            the line
  task      string: the record's document; without it nothing is added
ARGV
  most      bytes that the kept lines may take
  around    bytes that each line takes besides its text
  ttl       ms until the log expires by itself, if that is longer than the record has
  lost      number of lines that the process dropped: their numbers are left out
  …         the lines
Returns
  0 if this user may not write streams, else 1
Publishes
  nothing
]]
-- No error reply: the caller would take the store of the records for unreachable.
for _, verb in ipairs({'XREVRANGE', 'XRANGE'}) do
  if not redis.acl_check_cmd(verb, log, '-', '+') then
    return 0
  end
end
if not (redis.acl_check_cmd('XADD', log, '*', 'b', '1') and redis.acl_check_cmd('XTRIM', log, 'MINID', '1')) then
  return 0
end
local left = redis.call('PTTL', task)
if left == -2 then
  return 1
end
local newest = tolerant('XREVRANGE', log, '+', '-', 'COUNT', 1)
if not newest then  -- another program's key
  return 1
end
local number, bytes = tonumber(lost), 0
if newest[1] then
  number = number + tonumber(newest[1][1]:match('^%d+'))
  bytes = tonumber(newest[1][2][2])
end
for i = args + 1, #ARGV do
  number, bytes = number + 1, bytes + #ARGV[i] + around
  redis.call('XADD', log, number .. '-0', 'b', string.format('%.0f', bytes), 'j', ARGV[i])
end
local first = nil
for _, entry in ipairs(redis.call('XRANGE', log, '-', '+', 'COUNT', 1000)) do
  if bytes - tonumber(entry[2][2]) + #entry[2][4] + around <= tonumber(most) then
    break
  end
  first = entry[1]
end
if first then
  redis.call('XTRIM', log, 'MINID', (tonumber(first:match('^%d+')) + 1) .. '-0')
end
redis.call('PEXPIRE', log, math.max(left, tonumber(ttl)))
return 1
