--[[
Take the next event of a webhook target: one that is due again, else a new one. Its attempt is counted
here.

KEYS
  events    stream: the events that wait. Its group `senders` has those that were taken; a consumer's
            name is the time (ms) after which its events are due again
  counts    hash: events that were delivered, given up and dropped
ARGV
  lease     ms that the caller has for the event
Returns
  {}, or {entry id, event id, body, attempt}
Publishes
  nothing
]]
if (tolerant('XLEN', events) or 0) == 0 then
  return {}
end
if #redis.call('XINFO', 'GROUPS', events) == 0 then
  redis.call('XGROUP', 'CREATE', events, 'senders', '0')
end
for _, consumer in ipairs(redis.call('XPENDING', events, 'senders')[4] or {}) do
  local pause = consumer[1]
  -- An event that was dropped meanwhile is pending still, until it is claimed, and counted then.
  for _, due in ipairs(redis.call('XPENDING', events, 'senders', 'IDLE', pause, '-', '+', 100, pause)) do
    local event = redis.call('XCLAIM', events, 'senders', lease, 0, due[1])[1]
    if event then
      return {event[1], event[2][2], event[2][4] or '', due[4] + 1}
    end
    redis.call('XACK', events, 'senders', due[1])
    tolerant('HINCRBY', counts, 'dropped', 1)
  end
end
local new = redis.call('XREADGROUP', 'GROUP', 'senders', lease, 'COUNT', 1, 'STREAMS', events, '>')
if not new then
  return {}
end
local event = new[1][2][1]
return {event[1], event[2][2], event[2][4] or '', 1}
