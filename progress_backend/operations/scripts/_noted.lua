-- Stands before the verbs that leave events for webhooks. `told`: number of the last arguments, which are
--   most events, and most bytes of events, that wait for one target; ms for which they are kept after
--   the last; number of workflows in which a member has ended, and their ids; for each event its id and
--   its body
-- and the last keys are
--   may have ended  sorted set: workflow ids by the time (ms) from which each is looked at
--   then for each event, of its target:
--     events    stream: the events that wait
--     counts    hash: events that were delivered, given up and dropped; bytes that wait
-- The oldest events of a target that has too many are dropped, and counted.
local function may_note(key)  -- asked before anything is written
  return redis.acl_check_cmd('XADD', key, '*', 'id', '') and redis.acl_check_cmd('XDEL', key, '1-1')
    and redis.acl_check_cmd('XLEN', key)
end

local function noted(keys, args, told)
  local at = args - told
  local most, most_bytes, kept = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), ARGV[at + 3]
  local workflows = tonumber(ARGV[at + 4])
  local events = (told - 4 - workflows) / 2
  local key = keys - 2 * events
  if workflows > 0 then
    local now = redis.call('TIME')
    local now_ms = now[1] .. string.format('%03d', math.floor(now[2] / 1000))
    for i = 1, workflows do
      tolerant('ZADD', KEYS[key], now_ms, ARGV[at + 4 + i])
    end
    -- Where no sender looks at them, those that wait longest are forgotten.
    tolerant('ZREMRANGEBYRANK', KEYS[key], 0, -most - 1)
    tolerant('PEXPIRE', KEYS[key], kept)
  end
  at = at + 4 + workflows
  for i = 1, events do
    local stream, counts = KEYS[key + 2 * i - 1], KEYS[key + 2 * i]
    local id, body = ARGV[at + 2 * i - 1], ARGV[at + 2 * i]
    if tolerant('XADD', stream, '*', 'id', id, 'body', body) then
      if tolerant('XLEN', stream) == 1 then  -- what waited before has expired
        tolerant('HDEL', counts, 'bytes')
      end
      local bytes = tonumber(tolerant('HINCRBY', counts, 'bytes', #body)) or 0
      -- In a bounded number of steps, since each commit adds one event: an event may outweigh several.
      for _ = 1, 1000 do
        if tolerant('XLEN', stream) <= most and bytes <= most_bytes then
          break
        end
        local oldest = tolerant('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
        if not oldest then
          break
        end
        tolerant('XDEL', stream, oldest[1])
        bytes = tonumber(tolerant('HINCRBY', counts, 'bytes', -#(oldest[2][4] or ''))) or 0
        tolerant('HINCRBY', counts, 'dropped', 1)
      end
      tolerant('PEXPIRE', stream, kept)
      tolerant('PEXPIRE', counts, kept)
    end
  end
end

