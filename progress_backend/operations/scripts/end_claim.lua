--[[
Note how the publish of a keyed start ended, or that it goes on, unless its claim has been taken over
since.

KEYS
  mark      see `claim_start.lua`
ARGV
  claim     the mark as the caller has claimed it
  state     "published" or "free"; "publishing": the claim counts from now on
Returns
  the mark as it is now, or the claim if it is another's
Publishes
  nothing
]]
if tolerant('GET', mark) == claim then
  claim = claim:gsub('^%l+', state)
  if state == 'publishing' then
    local now = redis.call('TIME')
    claim = claim:gsub('%d+$', string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000)))
  end
  redis.call('SET', mark, claim, 'KEEPTTL')
end
return claim
