--[[
Let the sender of webhooks check workflows in which a member has ended.

KEYS
  ended     sorted set: workflow ids by the time (ms) from which each is checked
ARGV
  most      workflows that wait for a sender; of more the longest waiting ones are removed
  kept      ms for which they are kept after the last one
  …         the workflows' ids
NEEDS
  'ZREMRANGEBYRANK', ended, 0, 0
  'PEXPIRE', ended, 1
]]
local now_ms = math.floor(now_us() / 1000)
for i = args + 1, last do
  tolerant('ZADD', ended, now_ms, ARGV[i])
end
tolerant('ZREMRANGEBYRANK', ended, 0, -most - 1)
tolerant('PEXPIRE', ended, kept)
