--[[
Claim the id of a keyed start, before its record is created and its message published. A mark is
"publishing" from its claim on, "published" once the message was, "free" after a publish that failed.

KEYS
  mark      string: state, digest of the arguments, ms since 1970 of the claim
  task      string: the record
ARGV
  digest    of the arguments
  stale     ms after which a claim that was not ended counts no more
  ttl       ms until the mark expires
Returns
  {"claimed", mark, 0 or 1}  the caller creates the record, if there is none, and publishes
  {"publishing"}     another caller has claimed it
  {"published"}      the task was started with these arguments
  {"other"}          it was started with other arguments
  {"foreign"}        there is a record that no keyed start has created
Publishes
  nothing
]]
local now = redis.call('TIME')
local ms = now[1] * 1000 + math.floor(now[2] / 1000)
local known, there = tolerant('GET', mark), redis.call('EXISTS', task) == 1
if known then
  local state, given, at = known:match('^(%l+) (%x+) (%d+)$')
  local open = state == 'publishing' and ms - at < tonumber(stale)
  -- Without its record a start is forgotten.
  if open or (state and state ~= 'free' and there) then
    if given ~= digest then
      return {'other'}
    elseif open or state == 'published' then
      return {state}
    end
  end
elseif there then
  return {'foreign'}
end
local claim = 'publishing ' .. digest .. ' ' .. string.format('%.0f', ms)
redis.call('SET', mark, claim, 'PX', ttl)
return {'claimed', claim, there and 1 or 0}
