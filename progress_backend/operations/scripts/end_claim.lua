--[[
Note how the publish of a keyed start ended, unless its claim has been taken over since.

KEYS
  mark      see `claim_start.lua`
ARGV
  claim     the mark as the caller has claimed it
  state     "published" or "free"
Returns
  1
Publishes
  nothing
]]
if tolerant('GET', mark) == claim then
  redis.call('SET', mark, (claim:gsub('^%l+', state)), 'KEEPTTL')
end
return 1
