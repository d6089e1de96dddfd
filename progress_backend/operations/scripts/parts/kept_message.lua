--[[
Keep what a task was published with, for as long as its record.

KEYS
  message   string: signature and text
  mark      string: of a start with a key
ARGV
  text      the new one, "" to keep what is there
NEEDS
  'PEXPIRE', message, 1
]]
if text ~= '' then
  redis.pcall('SET', message, text, 'PX', ttl)
else
  redis.pcall('PEXPIRE', message, ttl)
end
redis.pcall('PEXPIRE', mark, ttl)
